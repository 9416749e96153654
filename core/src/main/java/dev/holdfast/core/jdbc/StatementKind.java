package dev.holdfast.core.jdbc;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a statement does, told by its first keyword: the bounded tag of query metrics. */
public enum StatementKind {
    /** {@code SELECT}, {@code VALUES}, {@code TABLE}, or {@code WITH} that ends in none of the writing kinds. */
    SELECT,
    /** {@code INSERT}, {@code REPLACE} or {@code COPY}. */
    INSERT,
    /** {@code UPDATE}. */
    UPDATE,
    /** {@code DELETE}. */
    DELETE,
    /** {@code MERGE}. */
    MERGE,
    /** {@code CALL}, {@code EXEC}, {@code DO}, or JDBC's <code>{call …}</code>. */
    CALL,
    /** {@code CREATE}, {@code ALTER}, {@code DROP}, {@code TRUNCATE}, {@code COMMENT}. */
    DDL,
    /** Everything else, such as {@code SET} or {@code EXPLAIN}. */
    OTHER;

    private final String tag = name().toLowerCase(Locale.ROOT);

    /**
     * The name of this kind in metrics.
     *
     * @return in lower case
     */
    public String tag() {
        return tag;
    }

    /**
     * The kind of a statement.
     *
     * <p>Reads the first keyword behind white space, comments and parentheses; for {@code WITH} the first writing keyword
     * outside of strings and parentheses.
     *
     * @param sql the statement's text
     * @return its kind; {@link #OTHER} for what is not known
     */
    public static StatementKind of(String sql) {
        SqlWords words = new SqlWords(sql);
        StatementKind first = ofWord(words.next());
        if (first != null) {
            return first;
        }
        return words.isFirst("with") ? ofCommonTableExpression(words) : OTHER;
    }

    private static StatementKind ofCommonTableExpression(SqlWords words) {
        for (String word = words.nextOutside(); !word.isEmpty(); word = words.nextOutside()) {
            StatementKind kind = ofWord(word);
            if (kind == SELECT || kind == INSERT || kind == UPDATE || kind == DELETE || kind == MERGE) {
                return kind;
            }
        }
        return SELECT;
    }

    private static @Nullable StatementKind ofWord(String word) {
        return switch (word) {
            case "select", "values", "table" -> SELECT;
            case "insert", "replace", "copy" -> INSERT;
            case "update" -> UPDATE;
            case "delete" -> DELETE;
            case "merge" -> MERGE;
            case "call", "exec", "execute", "do" -> CALL;
            case "create", "alter", "drop", "truncate", "comment" -> DDL;
            default -> null;
        };
    }
}
