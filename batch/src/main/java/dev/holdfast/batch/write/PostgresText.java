package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Values;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes values as PostgreSQL reads them: array literals and lines of COPY. */
final class PostgresText {
    private final StringBuilder out;

    PostgresText(int capacity) {
        out = new StringBuilder(capacity);
    }

    /** The values of a column as one array literal; those of an array column each as the literal of their own array. */
    void array(Slice slice, int field, boolean ofArrays) {
        out.append('{');
        for (int i = 0; i < slice.size(); i++) {
            if (i > 0) {
                out.append(',');
            }
            Object value = slice.value(field, i);
            if (ofArrays && value != null) {
                PostgresText inner = new PostgresText(64);
                inner.list((List<?>) value);
                quoted(inner.toString());
            } else {
                element(value);
            }
        }
        out.append('}');
    }

    private void list(List<?> elements) {
        out.append('{');
        for (int i = 0; i < elements.size(); i++) {
            if (i > 0) {
                out.append(',');
            }
            if (elements.get(i) instanceof List<?> nested) {
                list(nested);
            } else {
                element(elements.get(i));
            }
        }
        out.append('}');
    }

    private void element(@Nullable Object value) {
        if (value == null) {
            out.append("NULL");
        } else if (value instanceof Long || value instanceof Boolean) {
            out.append(value);
        } else {
            quoted(Values.text(value, true));
        }
    }

    private void quoted(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\');
            }
            out.append(c);
        }
        out.append('"');
    }

    /** One value of a line of COPY. */
    void copied(@Nullable Object value) {
        if (value == null) {
            out.append("\\N");
            return;
        }
        if (value instanceof Long) {
            out.append(value);
            return;
        }
        String text;
        if (value instanceof List<?> list) {
            PostgresText inner = new PostgresText(64);
            inner.list(list);
            text = inner.toString();
        } else {
            text = Values.text(value, true);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\t' -> out.append("\\t");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                default -> out.append(c);
            }
        }
    }

    void append(char c) {
        out.append(c);
    }

    @Override
    public String toString() {
        return out.toString();
    }
}
