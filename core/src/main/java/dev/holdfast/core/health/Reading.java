package dev.holdfast.core.health;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * One result of a {@link HealthProbe}: a status, a sentence and facts.
 *
 * <p>Immutable. The sentence and the facts reach operators and machines, so they hold no secrets.
 *
 * @param status what was found
 * @param message why, in one sentence; empty if the status says it all
 * @param facts measured details by name, in the order given; values are numbers, booleans or strings
 */
public record Reading(Status status, String message, Map<String, Object> facts) {

    /**
     * Freezes the facts.
     *
     * @throws NullPointerException if a component, or a fact's name or value, is null
     */
    public Reading {
        Objects.requireNonNull(status, "status");
        Objects.requireNonNull(message, "message");
        Map<String, Object> copy = new LinkedHashMap<>();
        facts.forEach(
                (name, value) -> copy.put(Objects.requireNonNull(name, "fact"), Objects.requireNonNull(value, name)));
        facts = Collections.unmodifiableMap(copy);
    }

    /**
     * A reading without facts.
     *
     * @param status what was found
     * @param message why, in one sentence
     * @return the reading
     */
    public static Reading of(Status status, String message) {
        return new Reading(status, message, Map.of());
    }

    /**
     * A copy with one more fact.
     *
     * @param name of the fact
     * @param value a number, boolean or string
     * @return the copy
     */
    public Reading with(String name, Object value) {
        Map<String, Object> more = new LinkedHashMap<>(facts);
        more.put(name, value);
        return new Reading(status, message, more);
    }
}
