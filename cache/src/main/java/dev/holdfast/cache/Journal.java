package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * This node's own recent invalidations, acknowledged or not, so that they can be issued again after whatever may have lost
 * them.
 *
 * <p>Each invalidation has a number. A key is pending while its newest invalidation is not acknowledged; an
 * acknowledgement covers every earlier one of the same key. Bounded: acknowledged keys leave after the retention. When
 * more than the limit are held, those that are acknowledged are replaced by "everything", which is issued as a new floor
 * only if all has to be issued again; if that is not enough the pending ones are too, and the floor is due at once.
 *
 * <p>{@code lock} guards all fields but {@code pending} and {@code everythingPending}, which the miss path reads without it.
 */
final class Journal {
    /**
     * What has to be issued.
     *
     * @param keys escaped keys
     * @param everything whether it has to be a new floor
     * @param upTo number of the newest invalidation it covers
     */
    record Batch(List<String> keys, boolean everything, long upTo) {
        boolean isEmpty() {
            return keys.isEmpty() && !everything;
        }
    }

    private static final class Line {
        long begun;
        long acknowledged;
        long acknowledgedAt;

        boolean pending() {
            return acknowledged < begun;
        }
    }

    private final int limit;
    private final long retentionNanos;
    private final Ticker ticker;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Line> lines = new LinkedHashMap<>();
    private final ConcurrentHashMap<String, Boolean> pending = new ConcurrentHashMap<>();
    private volatile boolean everythingPending;
    private @Nullable Line everything;
    private long number;

    Journal(int limit, long retentionNanos, Ticker ticker) {
        this.limit = limit;
        this.retentionNanos = retentionNanos;
        this.ticker = ticker;
    }

    /**
     * Notes that an invalidation of these keys has begun; until it is acknowledged, tier 2 is refused for them.
     *
     * @return its number
     */
    long begin(Collection<String> keys) {
        lock.lock();
        try {
            number++;
            for (String key : keys) {
                Line line = lines.remove(key);
                if (line == null) {
                    line = new Line();
                }
                line.begun = number;
                lines.put(key, line);
                pending.put(key, Boolean.TRUE);
            }
            if (lines.size() > limit) {
                forgetOld();
            }
            if (lines.size() > limit) {
                forgetAcknowledged();
            }
            if (lines.size() > limit) {
                overflow();
            }
            return number;
        } finally {
            lock.unlock();
        }
    }

    /** Notes that Redis acknowledged an invalidation of these keys that covers all up to a number. */
    void acknowledge(Collection<String> keys, long upTo) {
        long now = ticker.read();
        lock.lock();
        try {
            for (String key : keys) {
                Line line = lines.get(key);
                if (line != null) {
                    acknowledge(line, upTo, now);
                    if (!line.pending()) {
                        pending.remove(key);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** Notes that Redis acknowledged a new floor that covers all invalidations up to a number. */
    void acknowledgeEverything(long upTo) {
        long now = ticker.read();
        lock.lock();
        try {
            if (everything != null) {
                acknowledge(everything, upTo, now);
                everythingPending = everything.pending();
            }
        } finally {
            lock.unlock();
        }
    }

    /** Everything that has to be issued again after a reconnect, a failover or a flush. */
    Batch recent() {
        lock.lock();
        try {
            forgetOld();
            return new Batch(List.copyOf(lines.keySet()), everything != null, number);
        } finally {
            lock.unlock();
        }
    }

    /** What is not acknowledged yet: begun and still running, or failed. */
    Batch unacknowledged() {
        lock.lock();
        try {
            List<String> keys = new ArrayList<>();
            lines.forEach((key, line) -> {
                if (line.pending()) {
                    keys.add(key);
                }
            });
            return new Batch(keys, everythingPending, number);
        } finally {
            lock.unlock();
        }
    }

    /** Whether tier 2 must be refused for a key, since an invalidation of it has not reached Redis yet. */
    boolean fenced(String key) {
        return everythingPending || pending.containsKey(key);
    }

    /** Whether a new floor has to be issued, in place of more invalidations than it can hold. */
    boolean owesEverything() {
        return everythingPending;
    }

    /** How many keys it holds. */
    int depth() {
        lock.lock();
        try {
            return lines.size();
        } finally {
            lock.unlock();
        }
    }

    private static void acknowledge(Line line, long upTo, long now) {
        line.acknowledged = Math.max(line.acknowledged, upTo);
        line.acknowledgedAt = now;
    }

    private void forgetAcknowledged() {
        if (lines.values().removeIf(line -> !line.pending())) {
            everything().acknowledgedAt = ticker.read();
        }
    }

    private void overflow() {
        everything().begun = number;
        everythingPending = true; // Before the keys go: the miss path looks without the lock.
        lines.clear();
        pending.clear();
    }

    private Line everything() {
        Line line = everything;
        if (line == null) {
            line = new Line();
            everything = line;
        }
        return line;
    }

    private void forgetOld() {
        long now = ticker.read();
        lines.values().removeIf(line -> old(line, now));
        if (everything != null && old(everything, now)) {
            everything = null;
        }
    }

    private boolean old(Line line, long now) {
        return !line.pending() && now - line.acknowledgedAt > retentionNanos;
    }
}
