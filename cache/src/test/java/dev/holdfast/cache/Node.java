package dev.holdfast.cache;

import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;

/** One node of a fleet: a link of its own, a cache, and a hand on its steps. */
final class Node implements AutoCloseable {
    final Pauses pauses = new Pauses();
    final RedisLink link;
    final CoherentCache<Long, String> cache;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    Node(String uri, Source source) {
        this(uri, source, builder -> builder);
    }

    Node(String uri, Source source, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        this(RedisLink.builder(uri).commandTimeout(Duration.ofSeconds(1)).connect(), source, change);
    }

    Node(RedisLink link, Source source, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        this.link = link;
        TieredCacheBuilder<Long, String> builder = TieredCache.<Long, String>builder("fleet")
                .redis(link)
                .codec(Codec.string())
                .maximumSize(100_000)
                .heartbeat(Duration.ofMillis(200))
                .steps(pauses)
                .loader(source::load)
                .bulkLoader(source::loadAll);
        cache = (CoherentCache<Long, String>) change.apply(builder).build();
    }

    Node awaitInStep() {
        await().atMost(10, TimeUnit.SECONDS).until(cache::tier2Open);
        return this;
    }

    String get(long key) {
        return cache.get(key);
    }

    CompletableFuture<String> getInBackground(long key) {
        return CompletableFuture.supplyAsync(() -> cache.get(key), threads);
    }

    CompletableFuture<Void> inBackground(Runnable task) {
        return CompletableFuture.runAsync(task, threads);
    }

    static <T> T finish(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new AssertionError("the background task failed", e.getCause());
        } catch (TimeoutException e) {
            throw new AssertionError("the background task did not end within 10 s", e);
        }
    }

    @Override
    public void close() {
        cache.close();
        link.close();
        threads.shutdownNow();
    }
}
