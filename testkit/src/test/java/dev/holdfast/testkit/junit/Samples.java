package dev.holdfast.testkit.junit;

import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/** Runs test classes that are samples, some of them failing on purpose; nobody else finds them enabled. */
final class Samples {

    /** The condition by which samples are enabled. */
    static final String RUNNING = "dev.holdfast.testkit.junit.Samples#running";

    private static volatile boolean running;

    private Samples() {}

    static boolean running() {
        return running;
    }

    static EngineExecutionResults run(DiscoverySelector selector) {
        running = true;
        try {
            return EngineTestKit.engine("junit-jupiter").selectors(selector).execute();
        } finally {
            running = false;
        }
    }
}
