package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoadGateTest {
    private static final long MILLI = 1_000_000;

    @Test
    void enter_beyondTheLimit_waitsForItsTurnAndNoLonger() throws Exception {
        LoadGate gate = new LoadGate(1);
        assertThat(gate.enter(false, 0)).isTrue();
        assertThat(gate.enter(false, MILLI)).isFalse();
        gate.leave(1, false, 0);
        assertThat(gate.enter(false, 0)).isTrue();
    }

    @Test
    void enterAsync_runsInTheOrderOfAsking() {
        LoadGate gate = new LoadGate(1);
        List<Integer> ran = new ArrayList<>();
        gate.enterAsync(false, () -> ran.add(0));
        for (int i = 1; i <= 3; i++) {
            int number = i;
            gate.enterAsync(false, () -> ran.add(number));
        }
        assertThat(ran).containsExactly(0);
        gate.leave(1, false, 0);
        gate.leave(1, false, 0);
        assertThat(ran).containsExactly(0, 1, 2);
    }

    @Test
    void leave_ofLoadsThatEndAtOnce_needsNoStackForTheWholeQueue() {
        LoadGate gate = new LoadGate(1);
        AtomicInteger ran = new AtomicInteger();
        gate.enterAsync(false, () -> {});
        for (int i = 0; i < 100_000; i++) {
            gate.enterAsync(false, () -> {
                ran.incrementAndGet();
                gate.leave(1, false, 0);
            });
        }
        gate.leave(1, false, 0);
        assertThat(ran).hasValue(100_000);
    }

    @Test
    void limit_whileTier2IsAway_growsWithQuickLoadsAndShrinksWithSlowOnes() throws Exception {
        LoadGate gate = new LoadGate(100);
        for (int i = 0; i < 32; i++) {
            gate.enter(false, 0);
            gate.leave(10 * MILLI, false, 0);
        }
        assertThat(gate.limit()).isEqualTo(100);
        assertThat(gate.enter(true, 0)).isTrue();
        assertThat(gate.limit()).as("at first").isEqualTo(4);
        gate.leave(10 * MILLI, false, 0);
        for (int round = 0; round < 20; round++) {
            int limit = gate.limit();
            for (int i = 0; i < limit; i++) {
                gate.enter(true, 0);
            }
            for (int i = 0; i < limit; i++) {
                gate.leave(10 * MILLI, false, 0);
            }
        }
        int grown = gate.limit();
        assertThat(grown).isGreaterThan(8);
        long now = 0;
        for (int i = 0; i < 50; i++) {
            now += 200 * MILLI;
            gate.enter(true, 0);
            gate.leave(100 * MILLI, false, now);
        }
        assertThat(gate.limit()).isEqualTo(1);
        gate.enter(false, 0);
        assertThat(gate.limit()).as("tier 2 is back").isEqualTo(100);
    }

    @Test
    void manyThreads_neverMoreThanTheLimitAtATime_andNobodyIsForgotten() throws Exception {
        LoadGate gate = new LoadGate(3);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        AtomicInteger entered = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(16);
        try {
            CountDownLatch start = new CountDownLatch(1);
            List<Future<?>> all = new ArrayList<>();
            for (int t = 0; t < 16; t++) {
                long patience = t % 4 == 0 ? 10_000 : TimeUnit.SECONDS.toNanos(20);
                all.add(threads.submit(() -> {
                    start.await();
                    for (int i = 0; i < 500; i++) {
                        if (gate.enter(false, patience)) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            entered.incrementAndGet();
                            Thread.onSpinWait();
                            inside.decrementAndGet();
                            gate.leave(1, false, 0);
                        }
                    }
                    return null;
                }));
            }
            start.countDown();
            for (Future<?> one : all) {
                one.get(30, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(entered.get()).isGreaterThanOrEqualTo(12 * 500);
        for (int i = 0; i < 3; i++) {
            assertThat(gate.enter(false, 0)).as("all have left").isTrue();
        }
    }
}
