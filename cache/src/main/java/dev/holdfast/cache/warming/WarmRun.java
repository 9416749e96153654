package dev.holdfast.cache.warming;

import dev.holdfast.cache.TieredCache;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One pass over the keys, a chunk at a time: it is told the time and says when it wants to go on. For one thread.
 *
 * <p>The pace is counted from the beginning of each chunk: a slow one is not made up for by a burst.
 */
final class WarmRun<K> implements AutoCloseable {
    /** Enough to tell a source that is away from a row that is broken. */
    static final int FAILURES_IN_A_ROW = 3;

    private static final Logger LOG = LoggerFactory.getLogger(CacheWarmer.class);

    private final TieredCache<K, ?> cache;
    private final Stream<K> stream;
    private final Iterator<K> keys;
    private final int chunkSize;
    private final long maximumKeys;
    private final long nanosPerKey;
    private final long begunNanos;

    private @Nullable WarmOutcome outcome;
    private long asked;
    private long found;
    private long failed;
    private int failuresInARow;

    WarmRun(
            TieredCache<K, ?> cache,
            Stream<K> stream,
            int chunkSize,
            long maximumKeys,
            int keysPerSecond,
            long nowNanos) {
        this.cache = cache;
        this.stream = stream;
        this.keys = stream.iterator();
        this.chunkSize = chunkSize;
        this.maximumKeys = maximumKeys;
        this.nanosPerKey = Duration.ofSeconds(1).toNanos() / keysPerSecond;
        this.begunNanos = nowNanos;
    }

    /**
     * Asks the cache for the next chunk.
     *
     * @return nanoseconds from {@code nowNanos} to the next step; meaningless once {@link #outcome} is set
     */
    long step(long nowNanos) {
        List<K> chunk;
        try {
            chunk = next();
        } catch (RuntimeException e) {
            LOG.warn("cache '{}': the source of keys to warm failed after {} keys", cache.name(), asked, e);
            outcome = WarmOutcome.FAILED;
            return 0;
        }
        if (!chunk.isEmpty()) {
            read(chunk);
        }
        return chunk.size() * nanosPerKey;
    }

    private List<K> next() {
        List<K> chunk = new ArrayList<>();
        long most = Math.min(chunkSize, maximumKeys - asked);
        while (chunk.size() < most && keys.hasNext()) {
            chunk.add(Objects.requireNonNull(keys.next(), "the source of keys listed null"));
        }
        if (chunk.size() < chunkSize) {
            boolean more = chunk.size() == most && keys.hasNext();
            outcome = more ? WarmOutcome.TRUNCATED : WarmOutcome.COMPLETED;
        }
        return chunk;
    }

    private void read(List<K> chunk) {
        asked += chunk.size();
        try {
            found += cache.getAll(chunk).size();
            failuresInARow = 0;
        } catch (RuntimeException e) {
            failed += chunk.size();
            failuresInARow++;
            LOG.debug("cache '{}': {} keys could not be warmed", cache.name(), chunk.size(), e);
            if (failuresInARow == FAILURES_IN_A_ROW) {
                LOG.warn(
                        "cache '{}': {} chunks in a row could not be warmed, the last since {}",
                        cache.name(),
                        failuresInARow,
                        e.toString());
                outcome = WarmOutcome.FAILED;
            }
        }
    }

    /** How it ended, or null while it goes on. */
    @Nullable
    WarmOutcome outcome() {
        return outcome;
    }

    WarmProgress progress(long nowNanos) {
        return new WarmProgress(asked, found, failed, Duration.ofNanos(nowNanos - begunNanos));
    }

    @Override
    public void close() {
        stream.close();
    }
}
