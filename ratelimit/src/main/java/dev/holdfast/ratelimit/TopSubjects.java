package dev.holdfast.ratelimit;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who is refused most lately, in a fixed number of counters: the space-saving sketch of Metwally, Agrawal and El Abbadi
 * (ICDT 2005). A subject that was refused more often than one in {@code size} is in it for certain; a count is too high by
 * at most what {@link Counted#error} says, and never too low but for the refusals of {@link #missed()}.
 *
 * <p>Counts are halved every five minutes. Guarded by one lock that nobody waits for: who finds it taken is not counted,
 * so a refusal never costs more than a look.
 */
final class TopSubjects {
    private static final long HALF_LIFE_NANOS = 300_000_000_000L;

    /** One subject and how often it was refused. */
    record Counted(Subject subject, long refusals, long error) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<Subject, Integer> places;
    private final @Nullable Subject[] subjects;
    private final long[] counts;
    private final long[] errors;
    private final LongAdder missed = new LongAdder();
    private int used;
    private long halvedAt;

    TopSubjects(int size, long now) {
        places = new HashMap<>(size * 2);
        subjects = new Subject[size];
        counts = new long[size];
        errors = new long[size];
        halvedAt = now;
    }

    /** Counts a refusal at a time in nanoseconds. */
    void refused(Subject subject, long now) {
        if (!lock.tryLock()) {
            missed.increment();
            return;
        }
        try {
            age(now);
            Integer place = places.get(subject);
            if (place != null) {
                counts[place]++;
                return;
            }
            int at = used < subjects.length ? used++ : least();
            Subject displaced = subjects[at];
            if (displaced != null) {
                places.remove(displaced);
            }
            subjects[at] = subject;
            errors[at] = counts[at];
            counts[at]++;
            places.put(subject, at);
        } finally {
            lock.unlock();
        }
    }

    private int least() {
        int least = 0;
        for (int i = 1; i < counts.length; i++) {
            if (counts[i] < counts[least]) {
                least = i;
            }
        }
        return least;
    }

    private void age(long now) {
        long halvings = (now - halvedAt) / HALF_LIFE_NANOS;
        if (halvings <= 0) {
            return;
        }
        halvedAt += halvings * HALF_LIFE_NANOS;
        for (int i = 0; i < used; i++) {
            counts[i] = halvings > 62 ? 0 : counts[i] >> halvings;
            errors[i] = halvings > 62 ? 0 : errors[i] >> halvings;
        }
    }

    /** The most refused first; without those of whom nothing is left. */
    List<Counted> top(int most, long now) {
        List<Counted> all = new ArrayList<>();
        lock.lock();
        try {
            age(now);
            for (int i = 0; i < used; i++) {
                Subject subject = subjects[i];
                if (subject != null && counts[i] > 0) {
                    all.add(new Counted(subject, counts[i], errors[i]));
                }
            }
        } finally {
            lock.unlock();
        }
        all.sort(Comparator.comparingLong(Counted::refusals).reversed());
        return all.subList(0, Math.min(most, all.size()));
    }

    /** Refusals that were not counted. */
    long missed() {
        return missed.sum();
    }
}
