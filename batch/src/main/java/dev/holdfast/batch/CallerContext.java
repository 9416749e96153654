package dev.holdfast.batch;

import io.micrometer.context.ContextSnapshotFactory;
import java.util.function.UnaryOperator;

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

    /** What makes a task run elsewhere in the context that the current thread has now. */
    static UnaryOperator<Runnable> capture() {
        return AVAILABLE ? Propagation.capture() : UnaryOperator.identity();
    }

    /** Loaded only if it can be linked. */
    private static final class Propagation {
        private static final ContextSnapshotFactory FACTORY =
                ContextSnapshotFactory.builder().build();

        static UnaryOperator<Runnable> capture() {
            return FACTORY.captureAll()::wrap;
        }
    }
}
