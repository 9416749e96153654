package dev.holdfast.ratelimit;

import dev.holdfast.core.ManualTicker;
import java.time.Duration;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The lock-free bucket behaves as if its calls came one after the other. */
@Tag("stress")
public class LocalBucketStressTest {
    private final ManualTicker ticker = new ManualTicker();
    private final LocalBucket bucket = LocalBucket.of(Plan.of(Limit.of(3, Duration.ofDays(3))), ticker);

    @Operation
    public boolean take() {
        return bucket.tryAcquire();
    }

    @Operation
    public boolean takeTwo() {
        return bucket.tryAcquire(2);
    }

    @Operation
    public void refund() {
        bucket.refund(1);
    }

    @Operation
    public long remaining() {
        return bucket.remaining();
    }

    @Test
    void callsOfThreeThreads_behaveLikeACounter() {
        new StressOptions()
                .iterations(10)
                .invocationsPerIteration(500)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(2)
                .sequentialSpecification(Counter.class)
                .check(LocalBucketStressTest.class);
    }

    /** What it must be indistinguishable from while no time passes. */
    public static class Counter {
        private long left = 3;

        public boolean take() {
            return take(1);
        }

        public boolean takeTwo() {
            return take(2);
        }

        private boolean take(int cost) {
            if (left < cost) {
                return false;
            }
            left -= cost;
            return true;
        }

        public void refund() {
            left = Math.min(3, left + 1);
        }

        public long remaining() {
            return left;
        }
    }
}
