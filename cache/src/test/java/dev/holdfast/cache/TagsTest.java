package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Invalidation of many values at once, by tag, prefix and all, across nodes and through faults. */
class TagsTest extends SharedRedis {

    private static String brand(long key) {
        return "brand:" + key / 10;
    }

    private Node node() {
        Node node = new Node(
                redis.uri(),
                source,
                builder -> builder.maximumSize(200_000)
                        .tier2Timeout(Duration.ofSeconds(1))
                        .detailedLoader(key -> Loaded.of(source.load(key)).tags(brand(key), "all products"))
                        .detailedBulkLoader(keys -> {
                            Map<Long, Loaded<String>> loaded = new LinkedHashMap<>();
                            keys.forEach(key ->
                                    loaded.put(key, Loaded.of(source.load(key)).tags(brand(key), "all products")));
                            return loaded;
                        }));
        open(node);
        return node.awaitInStep();
    }

    private TieredCache<String, String> texts(AtomicInteger version) {
        RedisLink link = RedisLink.connect(redis.uri());
        TieredCache<String, String> cache = TieredCache.<String, String>builder("texts")
                .redis(link)
                .codec(Codec.string())
                .maximumSize(1_000)
                .heartbeat(Duration.ofMillis(200))
                .loader(key -> key + " v" + version.get())
                .build();
        open(cache);
        open(link);
        await().until(((CoherentCache<String, String>) cache)::tier2Open);
        return cache;
    }

    @Test
    void tag_invalidated_isReloadedOnEveryNodeInBothTiers_andNothingElseIs() {
        Node a = node();
        Node b = node();
        List<Long> keys = LongStream.range(0, 100).boxed().toList();
        a.cache.getAll(keys);
        await().until(() -> a.cache.stats().fills() == 100);
        b.cache.getAll(keys);
        assertThat(source.reads()).isEqualTo(100);
        keys.forEach(source::commit);
        a.cache.invalidateTag(brand(42));
        assertThat(a.get(42)).isEqualTo("k42 v1");
        assertThat(a.get(41)).isEqualTo("k41 v1");
        assertThat(a.get(50)).isEqualTo("k50 v0");
        await().atMost(5, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(b.get(42)).isEqualTo("k42 v1"));
        assertThat(b.cache.getAll(keys)).hasSize(100);
        assertThat(source.reads())
                .as("only the ten of the brand were loaded again")
                .isEqualTo(110);
    }

    @Test
    void tag_invalidatedDuringALoadElsewhere_fencesItsValueInBothTiers() throws Exception {
        Node a = node();
        Node b = node();
        try (Pauses.Hold hold = a.pauses.hold(Steps.Step.SOURCE_ANSWERED)) {
            var early = a.getInBackground(42);
            hold.awaitReached();
            source.commit(42);
            long before = a.cache.stats().invalidationsReceived();
            b.cache.invalidateTag(brand(42));
            await().until(() -> a.cache.stats().invalidationsReceived() > before);
            assertThat(a.getInBackground(42).get(10, TimeUnit.SECONDS))
                    .as("who asks now does not join the old load")
                    .isEqualTo("k42 v1");
            hold.release();
            assertThat(Node.finish(early)).isEqualTo("k42 v0");
        }
        assertThat(a.get(42)).isEqualTo("k42 v1");
        assertThat(b.get(42)).isEqualTo("k42 v1");
    }

    @Test
    void tag_invalidatedWhileRedisIsAway_holdsHereAtOnceAndElsewhereWhenItIsBack() {
        Node a = node();
        Node b = node();
        a.get(42);
        a.get(7);
        await().until(() -> a.cache.stats().fills() == 2);
        assertThat(b.get(42)).isEqualTo("k42 v0");
        redis.pause();
        try {
            source.commit(42);
            a.cache.invalidateTag(brand(42));
            assertThat(a.get(42)).isEqualTo("k42 v1");
            assertThat(a.get(7)).isEqualTo("k7 v0");
        } finally {
            redis.resume();
        }
        await().atMost(10, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(b.get(42)).isEqualTo("k42 v1"));
        assertThat(source.reads()).as("of key 7 among others").isLessThanOrEqualTo(5);
    }

    @Test
    void barriers_ofTags_outliveTheReplayWindowUntilNoValueCanCarryThem() {
        AtomicInteger version = new AtomicInteger();
        try (RedisLink link = RedisLink.connect(redis.uri());
                TieredCache<String, String> cache = TieredCache.<String, String>builder("short")
                        .redis(link)
                        .codec(Codec.string())
                        .maximumSize(10)
                        .timeToLive(Duration.ofMinutes(1))
                        .leaseTime(Duration.ofMillis(100))
                        .replayWindow(Duration.ofMillis(200))
                        .heartbeat(Duration.ofMillis(50))
                        .detailedLoader(key -> Loaded.of("v" + version.get()).tags("t"))
                        .build()) {
            await().until(((CoherentCache<String, String>) cache)::tier2Open);
            cache.get("a");
            cache.invalidateTag("t");
            cache.invalidate("b");
            await().until(() -> {
                cache.invalidate("c");
                return redis.command("ZSCORE", "{hf:short}:ctl", "k:b").isNull();
            });
            assertThat(redis.command("ZSCORE", "{hf:short}:ctl", "t:t").isNull())
                    .isFalse();
        }
    }

    @Test
    void prefix_invalidated_concernsTheKeysUnderItOnly() {
        AtomicInteger version = new AtomicInteger();
        TieredCache<String, String> a = texts(version);
        TieredCache<String, String> b = texts(version);
        List<String> keys = List.of("user:42:orders", "user:42:cart", "user:421:cart", "user:7:cart");
        a.getAll(keys);
        await().until(() -> a.stats().fills() == 4);
        b.getAll(keys);
        version.set(1);
        a.invalidatePrefix("user:42:");
        assertThat(a.getAll(keys).values())
                .containsExactly("user:42:orders v1", "user:42:cart v1", "user:421:cart v0", "user:7:cart v0");
        await().untilAsserted(() -> assertThat(b.get("user:42:cart")).isEqualTo("user:42:cart v1"));
        assertThat(b.get("user:421:cart")).isEqualTo("user:421:cart v0");
    }

    @Test
    void clear_invalidatesEverythingEverywhere_andPurgeFreesWhatIsLeft() {
        AtomicInteger version = new AtomicInteger();
        TieredCache<String, String> a = texts(version);
        TieredCache<String, String> b = texts(version);
        List<String> keys = IntStream.range(0, 300).mapToObj(i -> "k" + i).toList();
        a.getAll(keys);
        await().until(() -> a.stats().fills() == 300);
        b.getAll(keys);
        version.set(1);
        a.clear();
        assertThat(a.get("k1")).isEqualTo("k1 v1");
        await().untilAsserted(() -> assertThat(b.get("k2")).isEqualTo("k2 v1"));
        await().until(() -> a.stats().fills() + b.stats().fills() == 302);
        assertThat(a.purge(100_000)).isEqualTo(298);
        assertThat(b.getIfPresent("k1")).isEqualTo("k1 v1");
    }

    @Test
    void aThousandInvalidations_amongAHundredThousandEntries_touchNothingElse_withoutScanning() {
        Node a = node();
        List<Long> keys = LongStream.range(0, 100_000).boxed().toList();
        for (int from = 0; from < keys.size(); from += 1_000) {
            a.cache.getAll(keys.subList(from, from + 1_000));
        }
        await().atMost(30, TimeUnit.SECONDS).until(() -> a.cache.stats().fills() == 100_000);
        redis.command("CONFIG", "RESETSTAT");
        long reads = source.reads();
        for (long key = 0; key < 1_000; key++) { // by key and by tag, in turn
            if (key % 2 == 0) {
                a.cache.invalidate(50_000 + key);
            } else {
                a.cache.invalidateTag("brand:" + key);
            }
        }
        String commands = redis.command("INFO", "commandstats").text();
        assertThat(commands).doesNotContain("cmdstat_keys").doesNotContain("cmdstat_scan");
        long survivors = keys.stream().filter(a.cache.asMap()::containsKey).count();
        assertThat(survivors).isEqualTo(100_000 - 500 - 500 * 10);
        assertThat(a.cache.getAll(keys.subList(60_000, 70_000))).hasSize(10_000);
        assertThat(source.reads()).isEqualTo(reads);
    }

    @Test
    void badTagsAndPrefixes_areRefusedWithARemedy() {
        AtomicInteger version = new AtomicInteger();
        TieredCache<String, String> cache = texts(version);
        assertThatThrownBy(() -> cache.invalidateTag(""))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("at least one character");
        assertThatThrownBy(() -> cache.invalidateTag("x".repeat(257))).hasMessageContaining("longer than 256");
        assertThatThrownBy(() -> cache.invalidatePrefix("user")).hasMessageContaining("does not end with");
        assertThatThrownBy(() -> cache.invalidatePrefix("")).hasMessageContaining("does not end with");
        assertThatThrownBy(() -> cache.purge(0)).hasMessageContaining("keysPerSecond 0");
    }

    @Test
    void valueWithBadTags_isAnErrorForItsCallerAndCachedNowhere() {
        for (Set<String> tags : List.of(
                Set.of(""), IntStream.range(0, 65).mapToObj(Integer::toString).collect(Collectors.toSet()))) {
            try (RedisLink link = RedisLink.connect(redis.uri());
                    TieredCache<Long, String> cache = TieredCache.<Long, String>builder("bad")
                            .redis(link)
                            .codec(Codec.string())
                            .maximumSize(10)
                            .tags(value -> tags)
                            .loader(key -> "v")
                            .build()) {
                assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
                assertThatThrownBy(() -> cache.get(1L))
                        .isInstanceOf(CacheLoadException.class)
                        .hasMessageContaining("tag");
                assertThatThrownBy(() -> cache.put(2L, "v")).isInstanceOf(IllegalArgumentException.class);
                assertThat(cache.asMap()).isEmpty();
                assertThat(cache.stats().fills()).isZero();
            }
        }
    }
}
