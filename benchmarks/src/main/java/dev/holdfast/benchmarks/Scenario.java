package dev.holdfast.benchmarks;

import java.util.List;

/** Something measured in one go: its own set-up, one or more targets. */
public interface Scenario {

    /** What this scenario decides. Every one of them must be reported, or the run has failed. */
    List<Target> targets();

    /**
     * Measures and reports.
     *
     * @param session takes the reports; lends servers
     * @throws Exception if it cannot be measured, or the results of two sides differ; other scenarios still run
     */
    void run(Session session) throws Exception;
}
