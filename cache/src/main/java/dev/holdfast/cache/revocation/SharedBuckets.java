package dev.holdfast.cache.revocation;

import dev.holdfast.cache.InvalidationPendingException;
import dev.holdfast.cache.OutagePolicy;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Threads;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.Registration;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The list as the fleet shares it: the truth in Redis, a coherent copy of its buckets here, and the thread that sends what
 * this node owes. Thread-safe.
 */
final class SharedBuckets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RevocationList.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /** How long a bucket that Redis did not give is not asked for again: long enough to spare a server in trouble. */
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    /** Only a backstop, since every change is announced; each bucket is read again this often. */
    private static final Duration BUCKET_LIFE = Duration.ofHours(1);

    /** Most revocations or buckets of one operation on Redis, so that none takes long. */
    private static final int CHUNK = 500;

    private final RedisLink link;
    private final Clock clock;
    private final Outbox outbox;
    private final RevocationStore store;
    private final TieredCache<String, RevokedSet> copy;
    private final ScheduledThreadPoolExecutor worker;
    private final Registration registration;

    /** How many buckets were read in the background since the start; used by the worker only. */
    private int copied;

    SharedBuckets(RevocationListBuilder settings, Outbox outbox) {
        this.link = settings.link();
        this.clock = settings.clock;
        this.outbox = outbox;
        store = new RevocationStore(link, settings.keyPrefix, settings.name, settings.maximumTokenLife());
        copy = TieredCache.<String, RevokedSet>builder(settings.name)
                .redis(link)
                .keyPrefix(settings.keyPrefix)
                .codec(RevokedSet.CODEC)
                .maximumWeight(settings.maximumBytes, (bucket, set) -> set.weight())
                .maxStale(settings.maxStale)
                .whenRedisAway(OutagePolicy.THROW)
                .timeToLive(BUCKET_LIFE)
                .retryAfter(RETRY_AFTER)
                .loader(store::read)
                .bulkLoader(store::readAll)
                .build();
        worker = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-revocations-" + settings.name));
        worker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        var unused = worker.scheduleWithFixedDelay(
                this::beat, HEARTBEAT.toNanos(), HEARTBEAT.toNanos(), TimeUnit.NANOSECONDS);
        registration = link.addListener(change -> beatSoon());
    }

    /**
     * The milliseconds of a fingerprint, or {@link RevokedSet#ABSENT}.
     *
     * @throws HoldfastException if this node cannot know
     */
    long find(Fingerprint fingerprint) {
        return Objects.requireNonNull(copy.get(fingerprint.bucket())).find(fingerprint);
    }

    /** As {@link #find}, with a future in place of waiting. */
    CompletableFuture<Long> findAsync(Fingerprint fingerprint) {
        return copy.async()
                .get(fingerprint.bucket())
                .thenApply(set -> Objects.requireNonNull(set).find(fingerprint));
    }

    /**
     * Sends revocations. Truth first, then the copies: whoever reads a bucket after its invalidation reads the truth.
     *
     * @throws dev.holdfast.core.redis.RedisException if Redis was not reached; they are still owed
     * @throws InvalidationPendingException if other nodes were not told yet; the cache does that by itself
     */
    void send(Collection<Revocation> revocations) {
        List<Revocation> all = List.copyOf(revocations);
        InvalidationPendingException pending = null;
        for (int from = 0; from < all.size(); from += CHUNK) {
            List<Revocation> chunk = all.subList(from, Math.min(all.size(), from + CHUNK));
            long generation = link.generation();
            store.add(chunk);
            try {
                copy.invalidateAll(chunk.stream()
                        .map(revocation -> revocation.fingerprint().bucket())
                        .collect(Collectors.toSet()));
            } catch (InvalidationPendingException e) {
                pending = e;
            }
            outbox.sent(chunk, generation, System.nanoTime());
        }
        if (pending != null) {
            throw pending;
        }
    }

    /** Whether this node knows all that the fleet has announced. */
    boolean inStep() throws Exception {
        return copy.healthProbe().check().status() == Status.UP;
    }

    boolean closed() {
        return worker.isShutdown();
    }

    MeterBinder metrics() {
        return copy.metrics();
    }

    /** Tries to send what is owed once more, for as long as one command may take. */
    @Override
    public void close() {
        registration.close();
        worker.shutdownNow();
        try {
            send(outbox.due(link.generation()));
        } catch (HoldfastException e) {
            LOG.debug("The last attempt to send revocations failed", e);
        }
        copy.close();
    }

    private void beatSoon() {
        try {
            worker.execute(this::beat);
        } catch (RejectedExecutionException e) {
            LOG.debug("The list was closed; there is nothing left to send", e);
        }
    }

    /** Sends what is owed, and what a server of an earlier connection may have lost. */
    private void beat() {
        try {
            outbox.prune(System.nanoTime(), clock.millis());
            if (link.state() == LinkState.UP) {
                send(outbox.due(link.generation()));
                copyNext();
            }
        } catch (HoldfastException e) {
            LOG.debug("Revocations could not be sent, or buckets not be read; the next heartbeat tries again", e);
        } catch (Exception | Error e) {
            if (!worker.isShutdown()) {
                LOG.warn("A heartbeat of a revocation list failed; the next one tries again", e);
            }
        }
    }

    /** Reads the next buckets of those not read since the start, so that few tokens wait for theirs, in an outage none. */
    private void copyNext() throws Exception {
        List<String> all = Fingerprint.buckets();
        // Not before this node is in step: what it has read until then is dropped when it is.
        if (copied < all.size() && inStep()) {
            List<String> next = all.subList(copied, Math.min(all.size(), copied + CHUNK));
            copy.getAll(next);
            copied += next.size();
            beatSoon();
        }
    }
}
