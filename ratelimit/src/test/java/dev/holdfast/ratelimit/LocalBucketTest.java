package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import dev.holdfast.core.ManualTicker;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The bucket of one JVM: exact at awkward rates, never early, and free of garbage. */
class LocalBucketTest {
    private static final List<Limit> AWKWARD = List.of(
            Limit.perSecond(3),
            Limit.perSecond(700_000).burst(1_000),
            Limit.perHour(999_983),
            Limit.of(7, Duration.ofNanos(11_000)),
            Limit.of(1, Duration.ofDays(31).minusNanos(1_000)).burst(5));

    @Test
    void awkwardRates_admitTheBurstPlusTheRate_exactly() {
        for (Limit limit : AWKWARD) {
            for (long seed = 0; seed < 20; seed++) {
                Random random = new Random(seed);
                ManualTicker ticker = new ManualTicker();
                LocalBucket bucket = LocalBucket.of(Plan.of(limit), ticker);
                long micros = 0;
                long admitted = 0;
                long periodMicros = limit.period().toNanos() / 1_000;
                for (int i = 0; i < 300; i++) {
                    while (bucket.tryAcquire()) {
                        admitted++;
                    }
                    // Never so long that the bucket would be full and waste what comes back.
                    long fullAfter = Math.multiplyHigh(limit.burst(), periodMicros) == 0
                            ? limit.burst() * periodMicros / limit.permits()
                            : 1;
                    long step = Math.min(50_000, 1 + (long) (random.nextDouble() * fullAfter / 2));
                    micros += step;
                    ticker.advance(Duration.of(step, java.time.temporal.ChronoUnit.MICROS));
                }
                while (bucket.tryAcquire()) {
                    admitted++;
                }
                long expected = limit.burst() + micros * limit.permits() / periodMicros;
                assertThat(admitted).as(limit + " after " + micros + " us").isEqualTo(expected);
            }
        }
    }

    @Test
    void sleepingExactlyRetryAfter_isAdmitted_andAMicrosecondLessIsNot() {
        for (Limit limit : AWKWARD) {
            Random random = new Random(1);
            ManualTicker ticker = new ManualTicker();
            LocalBucket bucket = LocalBucket.of(Plan.of(limit), ticker);
            for (int i = 0; i < 500; i++) {
                long cost = 1L + random.nextInt((int) Math.min(5, limit.burst()));
                Duration wait = bucket.retryAfter(cost).orElseThrow();
                if (wait.toNanos() >= 1_000) {
                    ticker.advance(wait.minusNanos(1_000));
                    assertThat(bucket.tryAcquire(cost)).as(limit + " early").isFalse();
                    ticker.advance(Duration.ofNanos(1_000));
                }
                assertThat(bucket.tryAcquire(cost)).as(limit + " due").isTrue();
            }
        }
    }

    @Test
    void sleepingExactlyRetryAfter_inRealTime_isAdmitted() throws Exception {
        LocalBucket bucket = LocalBucket.of(Limit.of(7, Duration.ofMillis(11)).burst(1));
        for (int i = 0; i < 200; i++) {
            Duration wait = bucket.retryAfter(1).orElseThrow();
            TimeUnit.NANOSECONDS.sleep(wait.toNanos());
            assertThat(bucket.tryAcquire()).isTrue();
        }
    }

    @Test
    void anyTwoStretches_besideAWindowBorder_admitNoMoreThanBurstAndRate() {
        ManualTicker ticker = new ManualTicker();
        LocalBucket bucket = LocalBucket.of(Plan.of(Limit.perMinute(100)), ticker);
        ticker.advance(Duration.ofMillis(59_900));
        int admitted = 0;
        for (int i = 0; i < 300; i++) {
            admitted += bucket.tryAcquire() ? 1 : 0;
        }
        ticker.advance(Duration.ofMillis(200));
        for (int i = 0; i < 300; i++) {
            admitted += bucket.tryAcquire() ? 1 : 0;
        }
        assertThat(admitted).isEqualTo(100);
    }

    @Test
    void slidingWindow_admitsItsLimitInAnyWindow() {
        Random random = new Random(3);
        ManualTicker ticker = new ManualTicker();
        LocalBucket bucket = LocalBucket.of(Plan.of(Limit.slidingWindow(50, Duration.ofSeconds(10))), ticker);
        List<Long> admitted = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 20_000; i++) {
            if (bucket.tryAcquire()) {
                admitted.add(now);
            }
            long step = random.nextInt(20) == 0 ? random.nextInt(3_000) : random.nextInt(60);
            now += step;
            ticker.advance(Duration.ofMillis(step));
        }
        for (int i = 50; i < admitted.size(); i++) {
            assertThat(admitted.get(i) - admitted.get(i - 50)).isGreaterThanOrEqualTo(10_000);
        }
        assertThat(admitted.size()).isGreaterThan((int) (now / 11_000 * 50 * 8 / 10));
    }

    @Test
    void severalThreads_takeEveryPermitOnce() throws Exception {
        for (Limit[] limits : new Limit[][] {
            {Limit.of(100_000, Duration.ofDays(31))},
            {Limit.of(100_000, Duration.ofDays(31)), Limit.perSecond(1_000_000_000)}
        }) {
            LocalBucket bucket = LocalBucket.of(limits);
            List<CompletableFuture<Integer>> takers = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                takers.add(CompletableFuture.supplyAsync(() -> {
                    int taken = 0;
                    while (bucket.tryAcquire()) {
                        taken++;
                    }
                    return taken;
                }));
            }
            int sum = 0;
            for (CompletableFuture<Integer> taker : takers) {
                sum += taker.get(60, TimeUnit.SECONDS);
            }
            assertThat(sum).isBetween(100_000, 100_001);
        }
    }

    @Test
    void refund_givesBackUpToTheBurst() {
        LocalBucket bucket = LocalBucket.of(Limit.perHour(10));
        assertThat(bucket.tryAcquire(10)).isTrue();
        bucket.refund(4);
        assertThat(bucket.remaining()).isEqualTo(4);
        bucket.refund(1_000);
        assertThat(bucket.remaining()).isEqualTo(10);
    }

    @Test
    void badCosts_areRefused_andTooLargeOnesNever() {
        LocalBucket bucket = LocalBucket.of(Limit.perHour(10));
        assertThatThrownBy(() -> bucket.tryAcquire(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> bucket.refund(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThat(bucket.tryAcquire(11)).isFalse();
        assertThat(bucket.retryAfter(11)).isEmpty();
        assertThat(bucket.remaining()).isEqualTo(10);
    }

    @Test
    void aCheck_allocatesNothing() {
        for (LocalBucket bucket : List.of(
                LocalBucket.of(Limit.perSecond(1_000)),
                LocalBucket.of(Limit.perSecond(1_000), Limit.slidingWindow(10_000, Duration.ofMinutes(1))))) {
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long taken = 0;
            for (int i = 0; i < 100_000; i++) {
                taken += bucket.tryAcquire() ? 1 : 0;
            }
            long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
            for (int i = 0; i < 100_000; i++) {
                taken += bucket.tryAcquire() ? 1 : 0;
            }
            long bytes = threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before;
            assertThat(taken).isPositive();
            assertThat(bytes).as("bytes for 100,000 checks").isLessThan(10_000);
        }
    }
}
