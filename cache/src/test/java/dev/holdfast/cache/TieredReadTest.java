package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.RedisLink;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What reads and writes send to Redis, and what they make of what they find there. */
class TieredReadTest extends SharedRedis {
    private static final String VALUE = "hf:fleet:v1:{1}";

    private Node a;
    private Node b;

    @BeforeEach
    void startNodes() {
        a = node(builder -> builder);
        b = node(builder -> builder);
    }

    private static long calls(String command) {
        Matcher stat = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)")
                .matcher(redis.command("INFO", "commandstats").text());
        return stat.find() ? Long.parseLong(stat.group(1)) : 0;
    }

    @Test
    void getAll_ofAHundredKeysInTier2_isOneMget() {
        List<Long> keys = LongStream.range(0, 100).boxed().toList();
        assertThat(a.cache.getAll(keys)).hasSize(100);
        await().until(() -> a.cache.stats().fills() == 100);
        long mgets = calls("mget");
        long gets = calls("get");
        long sets = calls("set");
        assertThat(b.cache.getAll(keys)).isEqualTo(a.cache.getAll(keys));
        assertThat(calls("mget") - mgets).isEqualTo(1);
        assertThat(calls("get") - gets).isZero();
        assertThat(calls("set") - sets).isZero();
        assertThat(source.reads()).isEqualTo(100);
        assertThat(b.cache.stats().tier2Hits()).isEqualTo(100);
    }

    @Test
    void getAll_ofAHundredMissingKeys_isOneBulkLoad() {
        ConcurrentLinkedQueue<Integer> loads = new ConcurrentLinkedQueue<>();
        try (Node c = new Node(
                        redis.uri(),
                        source,
                        builder -> builder.bulkLoader(keys -> {
                            loads.add(keys.size());
                            return source.loadAll(keys);
                        }))
                .awaitInStep()) {
            c.cache.getAll(LongStream.range(0, 100).boxed().toList());
            assertThat(loads).containsExactly(100);
        }
    }

    @Test
    void get_hitInTier2_isOneGet() {
        a.get(1);
        await().until(() -> a.cache.stats().fills() == 1);
        long gets = calls("get");
        b.get(1);
        assertThat(calls("get") - gets).isEqualTo(1);
        b.get(1);
        assertThat(calls("get") - gets).as("tier 1 asks nobody").isEqualTo(1);
    }

    @Test
    void fill_publishesNothing() {
        long published = calls("publish");
        a.get(1);
        a.cache.getAll(List.of(2L, 3L, 4L));
        await().until(() -> a.cache.stats().fills() == 4);
        assertThat(calls("publish")).isEqualTo(published);
    }

    @Test
    void putAll_ofManyKeys_reachesBothTiersAndOtherNodes() {
        b.cache.getAll(List.of(1L, 2L));
        a.cache.putAll(Map.of(1L, "put 1", 2L, "put 2"));
        assertThat(a.cache.getAll(List.of(1L, 2L))).containsOnly(Map.entry(1L, "put 1"), Map.entry(2L, "put 2"));
        await().untilAsserted(() -> assertThat(b.cache.getAll(List.of(1L, 2L)))
                .containsOnly(Map.entry(1L, "put 1"), Map.entry(2L, "put 2")));
    }

    @Test
    void invalidateAll_ofAThousandKeys_announcesThemInTwoMints() {
        List<Long> keys = LongStream.range(0, 1_000).boxed().toList();
        a.cache.getAll(keys);
        b.cache.getAll(keys);
        long published = calls("publish");
        keys.forEach(source::commit);
        a.cache.invalidateAll(keys);
        assertThat(calls("publish") - published).isEqualTo(2);
        await().until(() -> b.cache.stats().invalidationsReceived() >= 1_000);
        assertThat(b.cache.getAll(keys))
                .allSatisfy((key, value) -> assertThat(value).isEqualTo(source.value(key)));
    }

    @Test
    void value_thatIsCorruptForeignOrAnotherKeys_isAMissAndIsReplaced() {
        a.get(1);
        a.get(2);
        await().until(() -> a.cache.stats().fills() == 2);
        byte[] whole = redis.command("GET", VALUE).bytes();
        byte[] damaged = whole.clone();
        damaged[20] ^= 1;
        byte[] anotherKeys = redis.command("GET", "hf:fleet:v1:{2}").bytes();
        long undecodable = 0;
        for (byte[] odd : List.of(damaged, anotherKeys, new byte[0], "plain text".getBytes(StandardCharsets.UTF_8))) {
            try (var client = redis.client();
                    Node late = new Node(redis.uri(), source).awaitInStep()) {
                client.call("SET".getBytes(StandardCharsets.UTF_8), VALUE.getBytes(StandardCharsets.UTF_8), odd);
                assertThat(late.get(1)).isEqualTo("k1 v0");
                assertThat(late.cache.stats().undecodable()).isEqualTo(1);
                assertThat(late.cache.getAll(List.of(2L))).containsEntry(2L, "k2 v0");
                await().until(() -> late.cache.stats().fills() == 1);
                undecodable++;
            }
        }
        assertThat(undecodable).isEqualTo(4);
        assertThat(redis.command("GET", VALUE).bytes()).isNotEmpty();
    }

    @Test
    void codec_thatCannotEncode_isATypedExceptionAndNothingIsCached() {
        AtomicBoolean broken = new AtomicBoolean(true);
        Codec<String> codec = new Codec<>() {
            @Override
            public byte[] encode(String value) throws IOException {
                if (broken.get()) {
                    throw new IOException("no can do");
                }
                return value.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] bytes) {
                return new String(bytes, StandardCharsets.UTF_8);
            }

            @Override
            public int id() {
                return 300;
            }
        };
        try (Node c = new Node(redis.uri(), source, builder -> builder.codec(codec)).awaitInStep()) {
            assertThatThrownBy(() -> c.get(1))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("fleet")
                    .hasMessageContaining("'1'")
                    .hasRootCauseMessage("no can do");
            assertThatThrownBy(() -> c.cache.getAll(List.of(1L, 2L))).isInstanceOf(CodecException.class);
            assertThatThrownBy(() -> c.cache.put(1L, "x")).isInstanceOf(CodecException.class);
            assertThat(c.cache.stats().tier1Size()).isZero();
            assertThat(redis.command("EXISTS", VALUE).number()).isZero();
            broken.set(false);
            assertThat(c.get(1)).isEqualTo("k1 v0");
            await().until(() -> c.cache.stats().fills() == 1);
        }
    }

    /** Strings under a number of its own; says null where it is told to. */
    private record OddCodec(int id, boolean encodesNull, boolean decodesNull) implements Codec<String> {
        @Override
        public byte[] encode(String value) {
            return encodesNull ? null : value.getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public String decode(byte[] bytes) {
            return decodesNull ? null : new String(bytes, StandardCharsets.UTF_8);
        }
    }

    @Test
    void codec_thatEncodesNull_isATypedExceptionAndNothingIsCached() {
        Node c = node(builder -> builder.codec(new OddCodec(300, true, false)));
        assertThatThrownBy(() -> c.get(1)).isInstanceOf(CodecException.class).hasMessageContaining("'1' as null");
        assertThatThrownBy(() -> c.cache.getAll(List.of(1L, 2L))).isInstanceOf(CodecException.class);
        assertThatThrownBy(() -> c.cache.put(1L, "x")).isInstanceOf(CodecException.class);
        assertThat(c.cache.stats().tier1Size()).isZero();
        assertThat(exists(VALUE)).isFalse();
        assertThat(a.get(1)).as("of another node").isEqualTo("k1 v0");
    }

    @Test
    void value_thatDecodesToNullOrIsOfAnotherCodecOrTooLarge_isAMissThatIsCounted() {
        List<UnaryOperator<TieredCacheBuilder<Long, String>>> odd = List.of(
                builder -> builder.codec(new OddCodec(300, false, true)),
                builder -> builder.codec(new OddCodec(301, false, false)),
                builder -> builder.codec(new OddCodec(300, false, false)).maximumValueSize(100));
        for (UnaryOperator<TieredCacheBuilder<Long, String>> change : odd) {
            Node writer = node(builder -> builder.codec(new OddCodec(300, false, false)));
            writer.cache.putAll(Map.of(1L, "long ".repeat(30), 2L, "long ".repeat(30)));
            Node reader = node(change);
            assertThat(reader.get(1)).isEqualTo("k1 v0");
            assertThat(reader.cache.getAll(List.of(2L))).containsEntry(2L, "k2 v0");
            assertThat(reader.cache.stats().undecodable()).isEqualTo(2);
            assertThat(reader.cache.stats().tier2Failures()).isZero();
        }
    }

    @Test
    void loader_thatThrowsOrFindsNothing_givesItsLeaseBack() {
        try (Node c = new Node(
                        redis.uri(),
                        source,
                        builder -> builder.loader(key -> {
                            if (key == 1) {
                                throw new IOException("away");
                            }
                            return null;
                        }))
                .awaitInStep()) {
            assertThatThrownBy(() -> c.get(1)).isInstanceOf(CacheLoadException.class);
            assertThat(c.get(2)).isNull();
            await().until(() -> redis.command("KEYS", "hf:fleet:l:*").texts().isEmpty());
        }
        a.get(1);
        await().until(() -> a.cache.stats().fills() == 1);
    }

    @Test
    void key_withBracesSpacesAndNoCharacters_worksOnEveryNode() {
        List<String> keys = List.of("", " ", "{}", "}{", "a:b", "ü€😀", "%", "%00", "\0", "\n");
        try (RedisLink one = RedisLink.connect(redis.uri());
                RedisLink other = RedisLink.connect(redis.uri());
                CoherentCache<String, String> x = strings(one, "old ");
                CoherentCache<String, String> y = strings(other, "new ")) {
            await().until(() -> x.tier2Open() && y.tier2Open());
            for (String key : keys) {
                assertThat(x.get(key)).isEqualTo("old " + key);
            }
            await().until(() -> x.stats().fills() == keys.size());
            assertThat(y.getAll(keys))
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo("old " + key));
            x.invalidateAll(keys);
            await().untilAsserted(() -> assertThat(y.getAll(keys))
                    .allSatisfy((key, value) -> assertThat(value).isEqualTo("new " + key)));
        }
    }

    private static CoherentCache<String, String> strings(RedisLink link, String prefix) {
        return (CoherentCache<String, String>) TieredCache.<String, String>builder("strings")
                .redis(link)
                .codec(Codec.string())
                .maximumSize(100)
                .loader(key -> prefix + key)
                .build();
    }

    record Product(long id, String name, List<String> tags) {}

    @Test
    void jsonCodec_recordThroughTier2_comesBackEqual() {
        Product chair = new Product(1, "chaïse", List.of("wood", "\"quoted\""));
        try (RedisLink one = RedisLink.connect(redis.uri());
                RedisLink other = RedisLink.connect(redis.uri());
                CoherentCache<Long, Product> x = products(one, chair);
                CoherentCache<Long, Product> y = products(other, null)) {
            await().until(() -> x.tier2Open() && y.tier2Open());
            x.get(1L);
            await().until(() -> x.stats().fills() == 1);
            assertThat(y.get(1L)).isEqualTo(chair);
        }
    }

    private static CoherentCache<Long, Product> products(RedisLink link, Product product) {
        return (CoherentCache<Long, Product>) TieredCache.<Long, Product>builder("json")
                .redis(link)
                .codec(JsonCodec.of(Product.class))
                .maximumSize(100)
                .loader(key -> product)
                .build();
    }

    @Test
    void metrics_ofACache_countReadsByTier() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        b.cache.metrics().bindTo(registry);
        a.get(1);
        await().until(() -> a.cache.stats().fills() == 1);
        b.get(1);
        b.get(1);
        b.get(2);
        assertThat(registry.get("cache.gets")
                        .tags("tier", "1", "result", "hit")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("cache.gets")
                        .tags("tier", "2", "result", "hit")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("cache.gets")
                        .tags("tier", "source", "result", "miss")
                        .functionCounter()
                        .count())
                .isEqualTo(1);
        assertThat(registry.get("cache.size").gauge().value()).isEqualTo(2);
        assertThat(b.cache.stats().hitRate()).isEqualTo(2.0 / 3);
    }
}
