package dev.holdfast.testkit;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Where servers come from: the system property {@code holdfast.servers}, else the environment variable
 * {@code HOLDFAST_SERVERS}, else {@link #EMBEDDED}.
 */
public enum ServerSource {
    /** Child processes of this JVM, from binaries on the class path. */
    EMBEDDED,
    /** Containers, through Testcontainers; single servers only. */
    CONTAINERS,
    /** Servers that run already, named by URL properties; they are not broken. */
    EXTERNAL;

    /** The system property that chooses. */
    public static final String PROPERTY = "holdfast.servers";

    /** The environment variable that chooses where the property is not set. */
    public static final String VARIABLE = "HOLDFAST_SERVERS";

    /**
     * Returns the source chosen for this JVM.
     *
     * @return the source
     * @throws IllegalArgumentException if property or variable hold something else than one of the names
     */
    public static ServerSource current() {
        return parse(System.getProperty(PROPERTY), System.getenv(VARIABLE));
    }

    static ServerSource parse(@Nullable String property, @Nullable String variable) {
        String value = property != null && !property.isBlank() ? property : variable;
        if (value == null || value.isBlank()) {
            return EMBEDDED;
        }
        for (ServerSource source : values()) {
            if (source.toString().equalsIgnoreCase(value.strip())) {
                return source;
            }
        }
        throw new IllegalArgumentException(PROPERTY + " (or " + VARIABLE + ") is '" + value + "'; it must be one of "
                + Arrays.stream(values()).map(ServerSource::toString).collect(Collectors.joining(", ")));
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
