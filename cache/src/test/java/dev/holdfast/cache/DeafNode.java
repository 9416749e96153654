package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One node of a fleet that hears nothing for a while, and some of whose loads stand still when all that is left to do is to
 * fill tier 2: longer than their leases last, while their keys change.
 */
final class DeafNode {
    /** So many that enough others go on. */
    private static final int MOST = 4;

    private static final int NOBODY = -1;

    private int node = NOBODY;
    private int held;
    private CountDownLatch loads = new CountDownLatch(0);
    private CountDownLatch hearing = new CountDownLatch(0);

    synchronized void begin(int which) {
        node = which;
        held = 0;
        loads = new CountDownLatch(1);
        hearing = new CountDownLatch(1);
    }

    /** How many loads stand still. */
    synchronized int held() {
        return held;
    }

    /** Lets the loads go on, and the node hear again a moment later. */
    void end() {
        synchronized (this) {
            node = NOBODY;
        }
        loads.countDown();
        Waiting.millis(20);
        hearing.countDown();
    }

    /** A thread of a node takes a step. */
    void at(int which, Step step) {
        CountDownLatch latch;
        synchronized (this) {
            if (which != node) {
                return;
            }
            if (step == Step.BEFORE_FILL && held < MOST) {
                held++;
                latch = loads;
            } else if (step == Step.MESSAGE_ARRIVED || step == Step.REPAIR_READ) {
                latch = hearing;
            } else {
                return;
            }
        }
        try {
            if (!latch.await(30, TimeUnit.SECONDS)) {
                throw new AssertionError("nobody let " + step + " of node " + which + " go on within 30 s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
