package dev.holdfast.batch.watch;

import java.sql.Array;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the values of a scope came from: which executions they were read from, which were written.
 *
 * <p>Values are compared by their text, since an application reads an {@code int} and sets a {@code long}. Bounded: the first
 * {@value #MAXIMUM_VALUES} values. Guarded by the lock of the {@link ScopeLog}.
 */
final class Origins {
    private static final int MAXIMUM_VALUES = 20_000;
    private static final int MAXIMUM_ORIGINS = 4;
    private static final int MAXIMUM_LENGTH = 64;

    /** Executions whose result held the value, the latest last. */
    private final Map<String, List<Object>> read = new HashMap<>();

    private final Map<String, Boolean> written = new HashMap<>();

    void read(Object token, Object value) {
        String text = text(value);
        if (text == null) {
            return;
        }
        List<Object> tokens = read.get(text);
        if (tokens == null) {
            if (read.size() >= MAXIMUM_VALUES) {
                return;
            }
            tokens = new ArrayList<>(1);
            read.put(text, tokens);
        }
        if (!tokens.contains(token)) {
            if (tokens.size() == MAXIMUM_ORIGINS) {
                tokens.remove(0);
            }
            tokens.add(token);
        }
    }

    void written(Object value) {
        String text = text(value);
        if (text != null && written.size() < MAXIMUM_VALUES) {
            written.put(text, true);
        }
    }

    List<Object> origins(Object value) {
        String text = text(value);
        return text == null ? List.of() : read.getOrDefault(text, List.of());
    }

    boolean isWritten(Object value) {
        String text = text(value);
        return text != null && written.containsKey(text);
    }

    /** The text values are compared by; null for what identifies nothing. */
    private static @Nullable String text(Object value) {
        if (value instanceof Boolean) {
            return null;
        }
        String text = value.toString();
        return text.isEmpty() || text.length() > MAXIMUM_LENGTH ? null : text;
    }

    /** How many values a parameter holds: more than one only for an array. */
    static int size(@Nullable Object bind) {
        try {
            Object content = bind instanceof Array array ? array.getArray() : bind;
            return content != null && content.getClass().isArray() && !(content instanceof byte[])
                    ? java.lang.reflect.Array.getLength(content)
                    : 1;
        } catch (SQLException | RuntimeException e) {
            return 1; // A driver that cannot tell, or an array that was freed.
        }
    }
}
