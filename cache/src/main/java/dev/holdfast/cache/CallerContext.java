package dev.holdfast.cache;

import io.micrometer.context.ContextSnapshotFactory;

/**
 * Takes the caller's context along to another thread, if Micrometer's context propagation is on the class path.
 *
 * <p>What counts as context (trace, tenant, logging) is what the application registered there.
 */
final class CallerContext {
    private static final boolean AVAILABLE = available();

    private CallerContext() {}

    private static boolean available() {
        try {
            Class.forName("io.micrometer.context.ContextSnapshotFactory", false, CallerContext.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The task, to be run elsewhere in the context of the current thread. */
    static Runnable carry(Runnable task) {
        return AVAILABLE ? Propagation.wrap(task) : task;
    }

    /** Loaded only if it can be linked. */
    private static final class Propagation {
        private static final ContextSnapshotFactory FACTORY =
                ContextSnapshotFactory.builder().build();

        static Runnable wrap(Runnable task) {
            return FACTORY.captureAll().wrap(task);
        }
    }
}
