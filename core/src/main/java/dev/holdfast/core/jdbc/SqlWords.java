package dev.holdfast.core.jdbc;

import java.util.Locale;

/** Reads the words of an SQL text one after the other, past white space, comments, strings and quoted names. */
final class SqlWords {
    private final String sql;
    private int at;
    private int depth;
    private String first = "";

    SqlWords(String sql) {
        this.sql = sql;
    }

    /** The next word in lower case, empty at the end. */
    String next() {
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Character.isLetter(c)) {
                return word();
            }
            skip(c);
        }
        return "";
    }

    /** The next word outside of parentheses, empty at the end. */
    String nextOutside() {
        while (true) {
            String word = next();
            if (word.isEmpty() || depth <= 0) {
                return word;
            }
        }
    }

    boolean isFirst(String word) {
        return first.equals(word);
    }

    private String word() {
        int from = at;
        while (at < sql.length() && (Character.isLetterOrDigit(sql.charAt(at)) || sql.charAt(at) == '_')) {
            at++;
        }
        String word = sql.substring(from, at).toLowerCase(Locale.ROOT);
        if (first.isEmpty()) {
            first = word;
        }
        return word;
    }

    private void skip(char c) {
        if (c == '-' && sql.startsWith("--", at)) {
            passTo("\n");
        } else if (c == '/' && sql.startsWith("/*", at)) {
            at += 2;
            passTo("*/");
        } else if (c == '\'' || c == '"' || c == '`') {
            at++;
            passTo(String.valueOf(c));
        } else {
            depth += c == '(' ? 1 : c == ')' ? -1 : 0;
            at++;
        }
    }

    private void passTo(String end) {
        int found = sql.indexOf(end, at);
        at = found < 0 ? sql.length() : found + end.length();
    }
}
