package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.SubscriptionListener;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On which threads a node applies the invalidations of others. */
class InvalidationThreadTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private static RedisServer redis;

    /** Threads on which code of the user ran at the node that receives. */
    private static final Set<String> SEEN = ConcurrentHashMap.newKeySet();

    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger left = new AtomicInteger();
    private RedisLink sending;
    private RedisLink receiving;

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
        SEEN.clear();
        sending = RedisLink.connect(redis.uri());
        receiving = RedisLink.connect(redis.uri());
    }

    @AfterEach
    void close() {
        sending.close();
        receiving.close();
    }

    /** A link that counts which messages were taken at once. */
    private RedisLink counted(RedisLink link) {
        return (RedisLink) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {RedisLink.class}, (proxy, method, arguments) -> {
                    if (method.getName().equals("subscribe")) {
                        return link.subscribe((byte[]) arguments[0], new Counted((SubscriptionListener) arguments[1]));
                    }
                    try {
                        return method.invoke(link, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    private final class Counted implements SubscriptionListener {
        private final SubscriptionListener inner;

        Counted(SubscriptionListener inner) {
            this.inner = inner;
        }

        @Override
        public void onSubscribed(long generation) {
            inner.onSubscribed(generation);
        }

        @Override
        public void onLost() {
            inner.onLost();
        }

        @Override
        public boolean tryMessage(byte[] message) {
            boolean done = inner.tryMessage(message);
            (done ? taken : left).incrementAndGet();
            return done;
        }

        @Override
        public void onMessage(byte[] message) {
            inner.onMessage(message);
        }
    }

    private static void ran() {
        SEEN.add(Thread.currentThread().getName().replaceAll("-\\d.*", ""));
    }

    /** A key of the user's own, which tells where it is compared. */
    private record Watched(String text) {
        @Override
        public boolean equals(Object other) {
            ran();
            return other instanceof Watched watched && watched.text.equals(text);
        }

        @Override
        public int hashCode() {
            ran();
            return text.hashCode();
        }
    }

    private static final KeyCodec<Watched> CODEC = new KeyCodec<>() {
        @Override
        public String encode(Watched key) {
            ran();
            return key.text();
        }

        @Override
        public Watched decode(String text) {
            ran();
            return new Watched(text);
        }
    };

    private static <K> TieredCache<K, String> cache(
            RedisLink link, UnaryOperator<TieredCacheBuilder<K, String>> change) {
        TieredCache<K, String> cache = change.apply(TieredCache.<K, String>builder("threads")
                        .redis(link)
                        .codec(Codec.string())
                        .maximumSize(1_000)
                        .loader(Object::toString))
                .build();
        await().atMost(SOON).until(((CoherentCache<?, ?>) cache)::tier2Open);
        return cache;
    }

    private static <K> void holdAndInvalidate(TieredCache<K, String> from, TieredCache<K, String> to, K key) {
        await().atMost(SOON).until(() -> to.get(key) != null && to.asMap().containsKey(key));
        from.invalidate(key);
        await().atMost(SOON).until(() -> !to.asMap().containsKey(key));
    }

    @Test
    void keysOfTheJdk_areDroppedOnTheThreadThatReadTheMessage() {
        try (TieredCache<Long, String> from = cache(sending, builder -> builder);
                TieredCache<Long, String> to = cache(counted(receiving), builder -> builder)) {
            for (long key = 0; key < 100; key++) {
                holdAndInvalidate(from, to, key);
            }
            assertThat(taken.get()).isGreaterThan(50);
        }
    }

    @Test
    void floorsAndManyKeysAtOnce_areLeftToTheMessageThread() {
        try (TieredCache<Long, String> from = cache(sending, builder -> builder);
                TieredCache<Long, String> to = cache(counted(receiving), builder -> builder)) {
            holdAndInvalidate(from, to, 1L);
            int before = taken.get();
            to.get(2L);
            from.clear();
            await().atMost(SOON).until(() -> to.asMap().isEmpty());
            from.invalidateAll(LongStream.range(0, 400).boxed().toList());
            await().atMost(SOON).until(() -> to.stats().invalidationsReceived() > 400);
            assertThat(taken.get()).isEqualTo(before);
        }
    }

    @Test
    void codeOfTheUser_neverRunsOnAnIoThread() {
        try (TieredCache<Watched, String> from = cache(sending, builder -> builder.keyCodec(CODEC));
                TieredCache<Watched, String> to = cache(counted(receiving), builder -> builder.keyCodec(CODEC))) {
            Watched key = new Watched("k");
            holdAndInvalidate(from, to, key);
            SEEN.clear();
            for (int i = 0; i < 20; i++) {
                to.get(key);
                redis.command("PUBLISH", "{hf:threads}:msg", foreignNews());
            }
            await().atMost(SOON).until(() -> left.get() > 0);
            await().atMost(SOON).until(() -> SEEN.contains("holdfast-redis-messages"));
            assertThat(taken).hasValue(0);
            assertThat(SEEN).doesNotContain("holdfast-redis-io");
        }
    }

    @Test
    void weigherOfTheUser_keepsMessagesOffTheIoThread() {
        try (TieredCache<Long, String> from = cache(sending, builder -> builder);
                TieredCache<Long, String> to = TieredCache.<Long, String>builder("threads")
                        .redis(counted(receiving))
                        .codec(Codec.string())
                        .maximumWeight(1_000, (key, value) -> value.length())
                        .loader(Object::toString)
                        .build()) {
            await().atMost(SOON).until(((CoherentCache<?, ?>) to)::tier2Open);
            holdAndInvalidate(from, to, 1L);
            assertThat(taken).hasValue(0);
        }
    }

    /** An announcement as another node would make it, of a history that this one does not know. */
    private static String foreignNews() {
        return "other-epoch 1 2 k:k";
    }
}
