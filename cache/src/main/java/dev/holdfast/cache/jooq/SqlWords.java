package dev.holdfast.cache.jooq;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The words of an SQL text outside quotes and comments: enough to tell what surely only reads, never to tell what else does.
 *
 * <p>Where quoting is uncertain (backslashes escape in some dialects), quoted text counts too: more words, more caution.
 */
final class SqlWords {
    private static final Set<String> CHANGES =
            Set.of("insert", "update", "delete", "merge", "truncate", "upsert", "copy", "call", "execute", "refresh");
    private static final Set<String> READS = Set.of("select", "table", "join");
    /** What a statement that changes no rows may begin with. */
    private static final Set<String> HARMLESS = Set.of(
            "select",
            "values",
            "table",
            "with",
            "show",
            "explain",
            "describe",
            "set",
            "reset",
            "begin",
            "start",
            "commit",
            "rollback",
            "savepoint",
            "release",
            "lock",
            "analyze",
            "vacuum",
            "listen",
            "unlisten",
            "notify",
            "comment",
            "grant",
            "revoke",
            "fetch",
            "close",
            "declare",
            "deallocate",
            "discard",
            "pragma",
            "use");

    private SqlWords() {}

    static List<String> of(String sql) {
        boolean quotesCertain = sql.indexOf('\\') < 0;
        List<String> words = new ArrayList<>();
        int i = 0;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (quotesCertain && (c == '\'' || c == '"' || c == '`')) {
                int end = sql.indexOf(c, i + 1);
                i = end < 0 ? i + 1 : end + 1; // An open quote hides nothing.
            } else if (c == '-' && sql.startsWith("--", i)) {
                int end = sql.indexOf('\n', i);
                i = end < 0 ? sql.length() : end;
            } else if (quotesCertain && c == '/' && sql.startsWith("/*", i) && !sql.startsWith("/*!", i)) {
                int end = sql.indexOf("*/", i);
                i = end < 0 ? i + 2 : end + 2;
            } else if (Character.isJavaIdentifierStart(c)) {
                int start = i;
                while (i < sql.length() && Character.isJavaIdentifierPart(sql.charAt(i))) {
                    i++;
                }
                words.add(sql.substring(start, i).toLowerCase(Locale.ROOT));
            } else {
                i++;
            }
        }
        return words;
    }

    /** Whether the statement changes no rows, for certain but for functions it calls. */
    static boolean onlyReads(String statement) {
        List<String> words = of(statement);
        return !words.isEmpty() && HARMLESS.contains(words.get(0)) && !changes(words);
    }

    /** Whether the statement has a {@code FOR UPDATE} or one of its kind. */
    static boolean locksRows(String statement) {
        List<String> words = of(statement);
        for (int i = 1; i < words.size(); i++) {
            if (words.get(i - 1).equals("for")
                    && Set.of("update", "share", "no", "key").contains(words.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a fragment of SQL may hold a statement that changes rows. */
    static boolean mayChange(String fragment) {
        return changes(of(fragment));
    }

    /** Whether an expression in SQL may hold a subquery. */
    static boolean mayRead(String fragment) {
        return of(fragment).stream().anyMatch(READS::contains);
    }

    private static boolean changes(List<String> words) {
        for (int i = 0; i < words.size(); i++) {
            if (CHANGES.contains(words.get(i)) && !isRowLock(words, i)) {
                return true;
            }
        }
        return false;
    }

    /** {@code FOR UPDATE}, {@code FOR NO KEY UPDATE}. */
    private static boolean isRowLock(List<String> words, int at) {
        return words.get(at).equals("update")
                && at > 0
                && (words.get(at - 1).equals("for") || (words.get(at - 1).equals("key") && at > 1));
    }
}
