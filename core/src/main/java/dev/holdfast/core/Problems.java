package dev.holdfast.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Collects the problems of one subject, so that all of them are reported at once.
 *
 * <p>Not thread-safe: made, filled and judged by one builder or check.
 */
public final class Problems {
    private static final Logger LOG = LoggerFactory.getLogger(Problems.class);

    private final String subject;
    private final List<Problem> found = new ArrayList<>();

    private Problems(String subject) {
        this.subject = subject;
    }

    /**
     * Starts a collection.
     *
     * @param subject what is being checked, such as {@code RedisLink} or {@code cache 'product'}
     * @return an empty collection
     */
    public static Problems of(String subject) {
        return new Problems(subject);
    }

    /**
     * Adds a problem.
     *
     * @param problem the finding
     * @return this
     */
    public Problems add(Problem problem) {
        found.add(problem);
        return this;
    }

    /**
     * Adds problems found elsewhere.
     *
     * @param problems the findings
     * @return this
     */
    public Problems addAll(Collection<Problem> problems) {
        found.addAll(problems);
        return this;
    }

    /**
     * Adds an error if a condition fails.
     *
     * @param holds whether all is well
     * @param code stable identifier
     * @param property the setting
     * @param value its value, secrets masked
     * @param message what is wrong
     * @param remedy what to change
     * @return this
     */
    public Problems require(boolean holds, String code, String property, Object value, String message, String remedy) {
        if (!holds) {
            found.add(Problem.error(code, property, value, message, remedy));
        }
        return this;
    }

    /**
     * What was found so far.
     *
     * @return an immutable copy in the order of discovery
     */
    public List<Problem> list() {
        return List.copyOf(found);
    }

    /**
     * Whether any of the problems is an error.
     *
     * @return true if {@link #orThrow()} would throw
     */
    public boolean hasErrors() {
        return found.stream().anyMatch(p -> p.severity() == Severity.ERROR);
    }

    /**
     * Throws if there is an error, whatever the profile: for settings that cannot work anywhere. Warnings are logged.
     *
     * @throws ConfigurationException with every problem, if one of them is an error
     */
    public void orThrow() {
        orThrow(Profile.PRODUCTION);
    }

    /**
     * Throws or logs, as the profile asks: production refuses errors, development logs them. Warnings are logged in both.
     *
     * @param profile where the application runs
     * @throws ConfigurationException with every problem, if one of them is an error and the profile is production
     */
    public void orThrow(Profile profile) {
        if (profile == Profile.PRODUCTION && hasErrors()) {
            throw new ConfigurationException(subject, found);
        }
        for (Problem problem : found) {
            if (problem.severity() == Severity.INFO) {
                LOG.info("{}: {}", subject, problem);
            } else {
                LOG.warn("{}: {}", subject, problem);
            }
        }
    }
}
