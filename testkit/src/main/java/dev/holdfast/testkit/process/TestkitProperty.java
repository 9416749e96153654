package dev.holdfast.testkit.process;

import java.util.Locale;
import java.util.Optional;

/** Settings of the testkit, each a system property or, where that is not set, an environment variable. */
public final class TestkitProperty {

    private TestkitProperty() {}

    /**
     * Reads a setting.
     *
     * @param property for example {@code holdfast.postgres.url}; its variable is {@code HOLDFAST_POSTGRES_URL}
     * @return the value without space around it; empty if neither is set, or blank
     */
    public static Optional<String> get(String property) {
        return Optional.ofNullable(System.getProperty(property))
                .or(() -> Optional.ofNullable(System.getenv(variable(property))))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    /**
     * Returns the environment variable that stands in for a property.
     *
     * @param property its name
     * @return the name of the variable
     */
    public static String variable(String property) {
        return property.toUpperCase(Locale.ROOT).replace('.', '_');
    }
}
