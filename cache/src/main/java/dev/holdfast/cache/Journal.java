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
 * <p>Each invalidation has a number. A barrier is pending while its newest invalidation is not acknowledged; an
 * acknowledgement covers every earlier one of the same name. Bounded: acknowledged barriers leave after the retention. When
 * more than the limit are held, those that are acknowledged are replaced by "everything", which is issued as a new floor
 * only if all has to be issued again; if that is not enough the pending ones are too, and the floor is due at once.
 *
 * <p>{@code lock} guards all fields but {@code pendingKeys}, {@code pendingWide} and {@code everythingPending}, which the miss path reads without it.
 */
final class Journal {
    /**
     * What has to be issued.
     *
     * @param members barriers
     * @param everything whether it has to be a new floor
     * @param upTo number of the newest invalidation it covers
     */
    record Batch(List<Member> members, boolean everything, long upTo) {
        boolean isEmpty() {
            return members.isEmpty() && !everything;
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
    private final Map<Member, Line> lines = new LinkedHashMap<>();

    /** Escaped keys, with how many of their barriers, hard and soft, are pending. */
    private final ConcurrentHashMap<String, Integer> pendingKeys = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<Member, Boolean> pendingWide = new ConcurrentHashMap<>();
    private volatile boolean everythingPending;
    private @Nullable Line everything;
    private long number;

    Journal(int limit, long retentionNanos, Ticker ticker) {
        this.limit = limit;
        this.retentionNanos = retentionNanos;
        this.ticker = ticker;
    }

    /**
     * Notes that an invalidation has begun; until it is acknowledged, tier 2 is refused for what it concerns.
     *
     * @return its number
     */
    long begin(Collection<Member> members) {
        lock.lock();
        try {
            number++;
            for (Member member : members) {
                Line line = lines.remove(member);
                if (line == null) {
                    line = new Line();
                }
                if (!line.pending()) {
                    setPending(member);
                }
                line.begun = number;
                lines.put(member, line);
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

    /**
     * Notes that an invalidation of everything has begun; until it is acknowledged, tier 2 is refused.
     *
     * @return its number
     */
    long beginEverything() {
        lock.lock();
        try {
            number++;
            everything().begun = number;
            everythingPending = true;
            return number;
        } finally {
            lock.unlock();
        }
    }

    /** Notes that Redis acknowledged an invalidation that covers all up to a number. */
    void acknowledge(Collection<Member> members, long upTo) {
        long now = ticker.read();
        lock.lock();
        try {
            for (Member member : members) {
                Line line = lines.get(member);
                if (line != null) {
                    boolean pending = line.pending();
                    acknowledge(line, upTo, now);
                    if (pending && !line.pending()) {
                        clearPending(member);
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
            List<Member> members = new ArrayList<>();
            lines.forEach((member, line) -> {
                if (line.pending()) {
                    members.add(member);
                }
            });
            return new Batch(members, everythingPending, number);
        } finally {
            lock.unlock();
        }
    }

    /** Whether tier 2 must be refused for a key, since an invalidation of it has not reached Redis yet. */
    boolean fenced(String key) {
        return everythingPending || (!pendingKeys.isEmpty() && pendingKeys.containsKey(key));
    }

    /** Whether a value of tier 2 must be refused, since an invalidation of its key or of a tag has not reached Redis yet. */
    boolean fenced(String key, String[] tags) {
        return fenced(key) || (!pendingWide.isEmpty() && fencedWide(key, tags));
    }

    private boolean fencedWide(String key, String[] tags) {
        for (String tag : tags) {
            if (pendingWide.containsKey(new Member(Kind.TAG, tag))
                    || pendingWide.containsKey(new Member(Kind.SOFT_TAG, tag))) {
                return true;
            }
        }
        for (Member member : pendingWide.keySet()) {
            if (member.kind() == Kind.PREFIX && key.startsWith(member.text())) {
                return true;
            }
        }
        return false;
    }

    /** Whether an invalidation of a key or of a tag has begun after that number, and has not reached Redis yet. */
    boolean overtaken(long number, String key, String[] tags) {
        lock.lock();
        try {
            if (everything != null && pendingSince(everything, number)) {
                return true;
            }
            if (pendingSince(Kind.KEY, key, number) || pendingSince(Kind.SOFT_KEY, key, number)) {
                return true;
            }
            for (String tag : tags) {
                if (pendingSince(Kind.TAG, tag, number) || pendingSince(Kind.SOFT_TAG, tag, number)) {
                    return true;
                }
            }
            for (Member member : pendingWide.keySet()) {
                if (member.kind() == Kind.PREFIX
                        && key.startsWith(member.text())
                        && pendingSince(Kind.PREFIX, member.text(), number)) {
                    return true;
                }
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean pendingSince(Kind kind, String text, long number) {
        Line line = lines.get(new Member(kind, text));
        return line != null && pendingSince(line, number);
    }

    private static boolean pendingSince(Line line, long number) {
        return line.begun > number && line.pending();
    }

    private void setPending(Member member) {
        if (member.kind().wide()) {
            pendingWide.put(member, Boolean.TRUE);
        } else {
            pendingKeys.merge(member.text(), 1, Integer::sum);
        }
    }

    private void clearPending(Member member) {
        if (member.kind().wide()) {
            pendingWide.remove(member);
        } else {
            pendingKeys.computeIfPresent(member.text(), (key, count) -> count == 1 ? null : count - 1);
        }
    }

    /** Whether a new floor has to be issued, in place of more invalidations than it can hold. */
    boolean owesEverything() {
        return everythingPending;
    }

    /** How many barriers Redis has not acknowledged yet; "everything" is one. */
    int pending() {
        return pendingKeys.size() + pendingWide.size() + (everythingPending ? 1 : 0);
    }

    /** Forgets what was acknowledged long enough ago. */
    void prune() {
        lock.lock();
        try {
            forgetOld();
        } finally {
            lock.unlock();
        }
    }

    /** How many barriers it holds. */
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
        pendingKeys.clear();
        pendingWide.clear();
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
