package dev.holdfast.benchmarks;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Scenarios that run together.
 *
 * @param name as given on the command line
 * @param purpose one line for the list of groups
 * @param scenarios in the order in which they run
 */
public record Group(String name, String purpose, List<Scenario> scenarios) {

    /** Copies the list and refuses two targets of one id. */
    public Group {
        scenarios = List.copyOf(scenarios);
        Set<String> ids = new HashSet<>();
        for (Scenario scenario : scenarios) {
            for (Target target : scenario.targets()) {
                if (!ids.add(target.id())) {
                    throw new IllegalArgumentException("group " + name + " has two targets " + target.id());
                }
            }
        }
    }
}
