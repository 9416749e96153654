package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Crew;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Work;
import java.time.Duration;

/** Makes sides out of grants. */
final class Rates {

    private Rates() {}

    /** Operations on subjects in turn; the digest is their number, since all have to be granted. */
    static Work inTurn(Grant grant) {
        return (first, operations) -> {
            for (int i = 0; i < operations; i++) {
                granted(grant, Grant.subject(first + i));
            }
            return operations;
        };
    }

    private static void granted(Grant grant, int subject) throws Exception {
        if (!grant.take(subject)) {
            throw new IllegalStateException(grant + " refused subject " + subject + " or did not ask Redis");
        }
    }

    /**
     * Checks per second of many threads. Samples last equally long rather than doing equally much, since the sides differ
     * by orders of magnitude.
     *
     * @param subjects how many subjects they share: 1 is a hot key
     */
    static Side throughput(Crew crew, Grant grant, int subjects, Duration sample) {
        return pair -> {
            long nanos = sample.toNanos();
            Crew.Outcome outcome = crew.together(member -> {
                long end = System.nanoTime() + nanos;
                long done = 0;
                long turn = (long) pair * 1_000_003 + (long) member * 104_729;
                while (System.nanoTime() - end < 0) {
                    granted(grant, Grant.subject(turn++) % subjects);
                    done++;
                }
                return done;
            });
            long done = outcome.digests().stream().mapToLong(Long::longValue).sum();
            return new Sample(done * 1e9 / outcome.wallNanos(), 0);
        };
    }

    /** Operations per second instead of nanoseconds per operation. */
    static Side perSecond(Side nanos) {
        return pair -> {
            Sample sample = nanos.sample(pair);
            return new Sample(1e9 / sample.value(), sample.digest());
        };
    }
}
