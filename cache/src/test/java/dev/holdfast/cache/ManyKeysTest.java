package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Bulk reads of more keys than one command, or one connection's queue, should carry. */
class ManyKeysTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int MANY = 10_000;

    private static RedisServer redis;

    private final AtomicInteger loaded = new AtomicInteger();

    private RedisLink link;

    @BeforeAll
    static void startServer() {
        redis = RedisServers.standalone();
    }

    @AfterAll
    static void stopServer() {
        redis.close();
    }

    @BeforeEach
    void connect() {
        redis.command("FLUSHALL");
        link = RedisLink.builder(redis.uri()).commandTimeout(PATIENCE).connect();
        assertThat(link.awaitUp(PATIENCE)).isTrue();
    }

    @AfterEach
    void close() {
        link.close();
    }

    private TieredCache<Long, byte[]> cache(int bytes) {
        TieredCache<Long, byte[]> cache = TieredCache.<Long, byte[]>builder("many")
                .redis(link)
                .codec(Codec.bytes())
                .tier2Timeout(PATIENCE)
                .leaseTime(Duration.ofSeconds(60))
                .maximumSize(1) // Whatever is read again comes from tier 2.
                .bulkLoader(keys -> load(keys, bytes))
                .build();
        await().atMost(PATIENCE).until(((CoherentCache<?, ?>) cache)::tier2Open);
        return cache;
    }

    private Map<Long, byte[]> load(Collection<? extends Long> keys, int bytes) {
        loaded.addAndGet(keys.size());
        Map<Long, byte[]> found = new LinkedHashMap<>();
        for (Long key : keys) {
            byte[] value = new byte[bytes];
            value[bytes - 1] = (byte) (key % 100);
            found.put(key, value);
        }
        return found;
    }

    private static List<Long> keys(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    private static long calls(String command) {
        Matcher stat = Pattern.compile("cmdstat_" + command + ":calls=(\\d+)")
                .matcher(String.valueOf(redis.command("INFO", "commandstats").text()));
        return stat.find() ? Long.parseLong(stat.group(1)) : 0;
    }

    private static void assertWhole(Map<Long, byte[]> values, int count, int bytes) {
        assertThat(values.keySet()).containsExactlyElementsOf(keys(count));
        assertThat(values)
                .allSatisfy((key, value) -> assertThat(value[bytes - 1]).isEqualTo((byte) (key % 100)))
                .allSatisfy((key, value) -> assertThat(value).hasSize(bytes));
    }

    @Test
    void moreKeysThanTheConnectionQueues_areAllLoadedFilledAndReadAgain_inBoundedCommands() {
        int most = 12_000; // The link's queue takes 10,000 commands.
        try (TieredCache<Long, byte[]> cache = cache(20)) {
            assertWhole(cache.getAll(keys(most)), most, 20);
            await().atMost(PATIENCE).until(() -> cache.stats().fills() == most);
            assertThat(cache.stats().tier2Failures()).isZero();
            loaded.set(0);

            redis.command("CONFIG", "RESETSTAT");
            assertWhole(cache.getAll(keys(MANY)), MANY, 20);

            assertThat(calls("mget")).isEqualTo(MANY / Tier2.KEYS_PER_MGET);
            assertThat(cache.async()
                            .getAll(keys(MANY))
                            .orTimeout(20, TimeUnit.SECONDS)
                            .join())
                    .hasSize(MANY);
            assertThat(loaded).hasValue(0);
        }
    }

    @Test
    void largeValues_comeWhole() {
        int count = 600;
        int bytes = 100_000;
        try (TieredCache<Long, byte[]> cache = cache(bytes)) {
            cache.getAll(keys(count));
            await().atMost(PATIENCE).until(() -> cache.stats().fills() == count);
            loaded.set(0);

            assertWhole(cache.getAll(keys(count)), count, bytes);

            assertThat(loaded).hasValue(0);
        }
    }
}
