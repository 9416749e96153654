package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Loads of one key that begin, are closed, detached and replaced, and land, all at the same time. */
@Tag("stress")
@SuppressWarnings("ThreadPriorityCheck") // Yields widen the windows; nothing relies on them.
class FlightsStressTest {
    private static final int THREADS = 4;
    private static final int ROUNDS = 20_000;

    private final Flights<String, Long> flights = new Flights<>();

    /** What a load would read; it grows before a fence, as a commit comes before its invalidation. */
    private final AtomicLong source = new AtomicLong();

    private final AtomicReference<Long> stored = new AtomicReference<>(0L);

    /** Stores unless detached, as tier 1 does: both inside one exclusion. */
    private synchronized void store(Flight<Long> flight, long value) {
        if (!flight.up()) {
            stored.set(value);
        }
    }

    private synchronized void drop() {
        stored.set(Long.MAX_VALUE);
    }

    private void load() {
        Flight<Long> flight = new Flight<>();
        Flight<Long> other = flights.register("key", flight);
        if (other != null) {
            return;
        }
        long value = source.get();
        if (ThreadLocalRandom.current().nextInt(4) == 0) {
            Thread.yield();
        }
        store(flight, value);
        flight.complete(value, Flight.Origin.SOURCE);
        flights.land("key", flight);
    }

    /** Returns whether an older value was there after the fence. */
    private boolean commitAndFence() {
        long committed = source.incrementAndGet();
        if (ThreadLocalRandom.current().nextBoolean()) {
            flights.detach("key");
        } else {
            flights.detachAll();
        }
        drop();
        Thread.yield();
        return stored.get() < committed;
    }

    @Test
    void loadsAndFences_ofSeveralThreads_neverLeaveAnOlderValueAndForgetNoFlight() throws Exception {
        List<CompletableFuture<Boolean>> tasks = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            boolean fences = i == 0;
            tasks.add(CompletableFuture.supplyAsync(() -> {
                boolean older = false;
                for (int round = 0; round < ROUNDS; round++) {
                    if (fences) {
                        older |= commitAndFence();
                    } else if (ThreadLocalRandom.current().nextInt(3) == 0) {
                        flights.closeAll();
                    } else {
                        load();
                    }
                }
                return older;
            }));
        }
        for (CompletableFuture<Boolean> task : tasks) {
            assertThat(task.get(60, TimeUnit.SECONDS))
                    .as("an older value after a fence")
                    .isFalse();
        }
        assertThat(flights.size()).isZero();
    }
}
