package dev.holdfast.core;

import java.util.List;
import java.util.stream.Collectors;

/** Thrown when settings cannot be used; carries every problem that was found, not just the first. */
public final class ConfigurationException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    /** Kept out of serialized forms: the message already tells each of them. */
    private final transient List<Problem> problems;

    /**
     * Creates the exception.
     *
     * @param subject what was being configured, such as {@code RedisLink}
     * @param problems everything that was found, at least one
     */
    public ConfigurationException(String subject, List<Problem> problems) {
        super(render(subject, problems));
        this.problems = List.copyOf(problems);
    }

    /**
     * Everything that was found, in the order of discovery.
     *
     * @return an immutable list, never empty unless the exception was deserialized
     */
    public List<Problem> problems() {
        return problems == null ? List.of() : problems;
    }

    private static String render(String subject, List<Problem> problems) {
        String noun = problems.size() == 1 ? "1 problem" : problems.size() + " problems";
        return subject + ": " + noun + problems.stream().map(p -> "\n  - " + p).collect(Collectors.joining());
    }
}
