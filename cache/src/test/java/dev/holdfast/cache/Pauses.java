package dev.holdfast.cache;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Holds the first thread that reaches a chosen step, until the test lets it go. */
final class Pauses implements Steps {
    /** One thread held at one step. */
    final class Hold implements AutoCloseable {
        private final Step step;
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        private Hold(Step step) {
            this.step = step;
        }

        /** Waits until a thread stands there. */
        void awaitReached() throws InterruptedException {
            if (!reached.await(10, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody reached " + step + " within 10 s");
            }
        }

        void release() {
            holds.remove(step, this);
            released.countDown();
        }

        @Override
        public void close() {
            release();
        }
    }

    private final ConcurrentHashMap<Step, Hold> holds = new ConcurrentHashMap<>();

    Hold hold(Step step) {
        Hold hold = new Hold(step);
        if (holds.putIfAbsent(step, hold) != null) {
            throw new IllegalStateException(step + " is held already");
        }
        return hold;
    }

    @Override
    public boolean holds(Step step) {
        return holds.containsKey(step);
    }

    @Override
    public void at(Step step, String key) {
        Hold hold = holds.get(step);
        if (hold == null || !holds.remove(step, hold)) {
            return;
        }
        hold.reached.countDown();
        boolean interrupted = false;
        while (true) {
            try {
                if (!hold.released.await(30, TimeUnit.SECONDS)) {
                    throw new AssertionError("nobody released " + step + " within 30 s");
                }
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
