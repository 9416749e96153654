package dev.holdfast.ratelimit;

import java.util.Objects;

/**
 * One of several requests for permits that are granted together or not at all.
 *
 * @param subject who asks
 * @param plan name of the plan that applies
 * @param cost how many permits, at least 1
 */
public record Ask(Subject subject, String plan, long cost) {
    /**
     * Checks the components.
     *
     * @throws IllegalArgumentException if the cost is below 1
     */
    public Ask {
        Objects.requireNonNull(subject, "subject");
        Objects.requireNonNull(plan, "plan");
        if (cost < 1) {
            throw new IllegalArgumentException("cost " + cost + " < 1: a request costs at least 1 permit");
        }
    }

    /**
     * Asks for one permit.
     *
     * @param subject who asks
     * @param plan name of the plan that applies
     * @return the request
     */
    public static Ask of(Subject subject, String plan) {
        return new Ask(subject, plan, 1);
    }
}
