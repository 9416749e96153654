package dev.holdfast.cache.warming;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.Jitter;
import dev.holdfast.core.Threads;
import dev.holdfast.core.Ticker;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fills a cache before its first readers come: some time after the start, on a schedule if wanted, at a bounded pace, and by
 * one node of the fleet at a time.
 *
 * <pre>{@code
 * CacheWarmer<Long> warmer = CacheWarmer.builder(products)
 *         .keys(KeySource.listed(() -> repository.mostSold(100)))
 *         .redis(link)
 *         .every(Duration.ofHours(1))
 *         .start();
 * }</pre>
 *
 * <p>A pass reads the keys through {@link TieredCache#getAll}, so whatever is missing is loaded in bulk and written to Redis
 * in one round trip per chunk; what is there already costs no load. The node that warms holds a lease in Redis: others skip
 * the pass, and a node that dies at it holds them up no longer than the lease time. Nothing here is fatal: a chunk that fails
 * is counted and left to the next pass, three in a row end the pass. If Redis is away nobody warms, since every node would;
 * it is tried again after the lease time.
 *
 * <p>Bounded: keys per pass, keys per second, one chunk of keys in memory. Each warmer owns one thread, on which the source
 * of keys, the loaders and the listener run; nothing else of its state is shared, so it has no lock. Thread-safe.
 *
 * @param <K> the key type
 */
public final class CacheWarmer<K> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CacheWarmer.class);
    private static final Duration CLOSE_WAITS = Duration.ofSeconds(2);

    /** A pass under way. */
    private record Pass<K>(WarmRun<K> run, boolean scheduled) {}

    private final TieredCache<K, ?> cache;
    private final CacheWarmerBuilder<K> settings;
    private final KeySource<K> keys;
    private final Jitter jitter;
    private final Ticker ticker;
    private final WarmLease lease;
    private final ScheduledThreadPoolExecutor thread;
    private final AtomicReference<@Nullable Pass<K>> current = new AtomicReference<>();
    private final Set<CompletableFuture<WarmResult>> waiting = ConcurrentHashMap.newKeySet();
    private final Map<WarmOutcome, LongAdder> passes = new EnumMap<>(WarmOutcome.class);
    private final LongAdder asked = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private volatile @Nullable WarmResult last;
    private boolean listenerFailed;

    CacheWarmer(CacheWarmerBuilder<K> settings) {
        this.settings = settings;
        cache = settings.cache;
        keys = settings.keys();
        jitter = settings.jitter();
        ticker = settings.ticker;
        String key = settings.keyPrefix + ':' + cache.name() + ":warmer:{" + settings.name + '}';
        lease = new WarmLease(settings.link(), key, settings.leaseTime);
        Arrays.stream(WarmOutcome.values()).forEach(outcome -> passes.put(outcome, new LongAdder()));
        thread = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-warmer-" + cache.name()));
        thread.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /**
     * Starts configuring a warmer.
     *
     * @param cache the cache to fill, with a loader or bulk loader
     * @param <K> the key type
     * @return a builder; nothing is checked before {@link CacheWarmerBuilder#start()}
     */
    public static <K> CacheWarmerBuilder<K> builder(TieredCache<K, ?> cache) {
        return new CacheWarmerBuilder<>(cache);
    }

    /**
     * Warms now, whether or not it was done a while ago; joins a pass that is under way on this node.
     *
     * @return completes with what the pass did, never exceptionally; {@link WarmOutcome#SKIPPED} if another node is at it.
     *     Dependents run on the warmer's thread
     */
    public CompletableFuture<WarmResult> warmNow() {
        CompletableFuture<WarmResult> result = new CompletableFuture<>();
        waiting.add(result);
        if (!submit(() -> begin(false), 0)) {
            settle(ended(WarmOutcome.CLOSED));
        }
        return result;
    }

    /**
     * What the last pass did that ended on this node.
     *
     * @return the result, or empty before the first
     */
    public Optional<WarmResult> lastResult() {
        return Optional.ofNullable(last);
    }

    /**
     * Metrics, tagged {@code cache} and {@code warmer}: {@code holdfast.cache.warmer.passes} by {@code outcome}, {@code
     * holdfast.cache.warmer.keys} and {@code holdfast.cache.warmer.failures}.
     *
     * @return binds to any number of registries
     */
    public MeterBinder metrics() {
        return registry -> {
            String[] tags = {"cache", cache.name(), "warmer", settings.name};
            passes.forEach(
                    (outcome, count) -> FunctionCounter.builder("holdfast.cache.warmer.passes", count, LongAdder::sum)
                            .description("Passes of the warmer by how they ended")
                            .tags(tags)
                            .tag("outcome", outcome.name())
                            .register(registry));
            FunctionCounter.builder("holdfast.cache.warmer.keys", asked, LongAdder::sum)
                    .description("Keys the warmer asked the cache for")
                    .tags(tags)
                    .register(registry);
            FunctionCounter.builder("holdfast.cache.warmer.failures", failed, LongAdder::sum)
                    .description("Keys in chunks that could not be warmed")
                    .tags(tags)
                    .register(registry);
        };
    }

    /**
     * Stops a pass after or, where its loader heeds interruption, within the chunk at hand, gives the lease back and ends the
     * thread. Waits no longer than 2 s, and one command to Redis. The cache and the link stay open. Idempotent.
     */
    @Override
    public void close() {
        thread.shutdownNow();
        boolean ended = false;
        try {
            ended = thread.awaitTermination(CLOSE_WAITS.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (ended) {
            finish(WarmOutcome.CLOSED);
        }
        settle(ended(WarmOutcome.CLOSED)); // A chunk that does not end gives the lease back when it does.
    }

    @Override
    public String toString() {
        return "CacheWarmer[" + settings.name + " of " + cache.name() + "]";
    }

    /** Begins a scheduled pass after a delay. */
    void schedule(Duration delay) {
        submit(() -> begin(true), jitter.applyNanos(delay.toNanos()));
    }

    private boolean submit(Runnable task, long nanos) {
        try {
            var unused = thread.schedule(() -> guarded(task), nanos, TimeUnit.NANOSECONDS);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Warming is a convenience: whatever goes wrong in it ends the pass and nothing else. */
    private void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException | Error e) {
            LOG.warn("Warming cache '{}' failed", cache.name(), e);
            finish(WarmOutcome.FAILED);
        }
    }

    private void begin(boolean scheduled) {
        if (current.get() != null) {
            if (scheduled && settings.every != null) {
                schedule(settings.every);
            }
            return; // Whoever waits is told by the pass under way.
        }
        if (!scheduled && waiting.isEmpty()) {
            return; // A pass that was under way has answered.
        }
        WarmLease.Answer answer = lease.acquire(!scheduled, ticker.read());
        switch (answer) {
            case GRANTED -> open(scheduled);
            case REDIS_AWAY -> passOver(WarmOutcome.REDIS_AWAY, scheduled, settings.leaseTime);
            case TAKEN -> passOver(WarmOutcome.SKIPPED, scheduled, settings.leaseTime);
            case DONE -> passOver(WarmOutcome.SKIPPED, scheduled, null);
        }
    }

    private void open(boolean scheduled) {
        listenerFailed = false;
        long now = ticker.read();
        Stream<K> stream;
        try {
            stream = keys.open();
        } catch (Exception e) {
            LOG.warn("cache '{}': the source of keys to warm cannot be opened", cache.name(), e);
            stream = Stream.empty();
            current.set(new Pass<>(run(stream, now), scheduled));
            finish(WarmOutcome.FAILED);
            return;
        }
        LOG.info("cache '{}': warming begins", cache.name());
        current.set(new Pass<>(run(stream, now), scheduled));
        step();
    }

    private WarmRun<K> run(Stream<K> stream, long now) {
        return new WarmRun<>(cache, stream, settings.chunkSize, settings.maximumKeys, settings.keysPerSecond, now);
    }

    private void step() {
        Pass<K> pass = current.get();
        if (pass == null) {
            return;
        }
        long now = ticker.read();
        if (!lease.keep(now)) {
            finish(WarmOutcome.LEASE_LOST);
            return;
        }
        long pause = pass.run().step(now);
        long spent = ticker.read() - now;
        tell(pass.run().progress(now + spent));
        WarmOutcome outcome = pass.run().outcome();
        if (thread.isShutdown()) {
            finish(WarmOutcome.CLOSED);
        } else if (outcome != null) {
            finish(outcome);
        } else if (!submit(this::step, Math.max(0, pause - spent))) {
            finish(WarmOutcome.CLOSED);
        }
    }

    private void tell(WarmProgress progress) {
        try {
            settings.listener.accept(progress);
        } catch (RuntimeException e) {
            if (!listenerFailed) {
                LOG.warn("cache '{}': a listener to the warmer failed; it is called again", cache.name(), e);
            }
            listenerFailed = true;
        }
    }

    private void finish(WarmOutcome outcome) {
        Pass<K> pass = current.getAndSet(null);
        if (pass == null) {
            return;
        }
        boolean interrupted =
                thread.isShutdown() && Thread.interrupted(); // By close(); the lease is still ours to give.
        WarmProgress progress = pass.run().progress(ticker.read());
        try {
            pass.run().close();
        } catch (RuntimeException e) {
            LOG.warn("cache '{}': the source of keys to warm cannot be closed", cache.name(), e);
        }
        boolean done = outcome == WarmOutcome.COMPLETED || outcome == WarmOutcome.TRUNCATED;
        lease.end(done && progress.failed() == 0 ? settings.quietTime() : Duration.ZERO);
        WarmResult result =
                new WarmResult(outcome, progress.keys(), progress.found(), progress.failed(), progress.elapsed());
        log(result);
        asked.add(result.keys());
        failed.add(result.failed());
        end(result);
        if (pass.scheduled() && settings.every != null) {
            schedule(settings.every);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void log(WarmResult result) {
        boolean well = result.failed() == 0
                && (result.outcome() == WarmOutcome.COMPLETED || result.outcome() == WarmOutcome.TRUNCATED);
        String text = "cache '{}': warming ended {} after {} ms: {} keys, {} found, {} failed";
        Object[] facts = {
            cache.name(), result.outcome(), result.took().toMillis(), result.keys(), result.found(), result.failed()
        };
        if (well || result.outcome() == WarmOutcome.CLOSED) {
            LOG.info(text, facts);
        } else {
            LOG.warn(text, facts);
        }
    }

    private void passOver(WarmOutcome outcome, boolean scheduled, @Nullable Duration again) {
        LOG.debug("cache '{}': this pass of warming is not ours: {}", cache.name(), outcome);
        end(ended(outcome));
        if (!scheduled) {
            return;
        }
        Duration next = settings.every;
        if (again != null && (next == null || again.compareTo(next) < 0)) {
            next = again;
        }
        if (next != null) {
            schedule(next);
        }
    }

    private void end(WarmResult result) {
        last = result;
        passes.getOrDefault(result.outcome(), new LongAdder()).increment();
        settle(result);
    }

    private void settle(WarmResult result) {
        List<CompletableFuture<WarmResult>> settled = new ArrayList<>();
        // All are taken out before the first is told, since whoever is told may ask again.
        for (Iterator<CompletableFuture<WarmResult>> each = waiting.iterator(); each.hasNext(); ) {
            settled.add(each.next());
            each.remove();
        }
        settled.forEach(future -> future.complete(result));
    }

    private static WarmResult ended(WarmOutcome outcome) {
        return new WarmResult(outcome, 0, 0, 0, Duration.ZERO);
    }
}
