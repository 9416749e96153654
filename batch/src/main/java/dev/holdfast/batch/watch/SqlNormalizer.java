package dev.holdfast.batch.watch;

/**
 * Replaces what differs between executions of the same query: literals become {@code ?}, lists {@code (?…)}, comments and runs of
 * white space one blank.
 *
 * <p>A scanner, not a parser: it knows strings (quotes doubled; PostgreSQL's {@code $tag$}), quoted names, numbers, comments, and
 * leaves all else alone.
 */
final class SqlNormalizer {
    private final String sql;
    private final StringBuilder out;
    private int at;
    private boolean list;

    SqlNormalizer(String sql) {
        this.sql = sql;
        this.out = new StringBuilder(sql.length());
        while (at < sql.length()) {
            step(sql.charAt(at));
        }
    }

    String text() {
        int end = out.length();
        while (end > 0 && (out.charAt(end - 1) == ' ' || out.charAt(end - 1) == ';')) {
            end--;
        }
        return out.substring(0, end);
    }

    boolean hasList() {
        return list;
    }

    private void step(char c) {
        if (c == '\'') {
            passString();
            placeholder();
        } else if (c == '"' || c == '`') {
            int end = sql.indexOf(c, at + 1);
            copyTo(end < 0 ? sql.length() : end + 1);
        } else if (c == '-' && sql.startsWith("--", at)) {
            passTo("\n");
            blank();
        } else if (c == '/' && sql.startsWith("/*", at)) {
            at += 2;
            passTo("*/");
            blank();
        } else if (Character.isWhitespace(c)) {
            at++;
            blank();
        } else if (c == '$' && isDollarQuote()) {
            placeholder();
        } else if (c == '?') {
            at++;
            placeholder();
        } else if (c == '$' && isDigit(at + 1)) {
            at++;
            passNumber();
            placeholder();
        } else if (isDigit(at) && !insideName()) {
            passNumber();
            placeholder();
        } else if (c == ')') {
            at++;
            trimBlank();
            out.append(')');
            foldRow();
        } else {
            out.append(c);
            at++;
        }
    }

    private boolean isDigit(int index) {
        return index < sql.length() && sql.charAt(index) >= '0' && sql.charAt(index) <= '9';
    }

    private boolean insideName() {
        if (at == 0) {
            return false;
        }
        char before = sql.charAt(at - 1);
        return Character.isLetterOrDigit(before) || before == '_' || before == '$';
    }

    private void passString() {
        at++;
        while (at < sql.length()) {
            if (sql.charAt(at++) == '\'') {
                if (at < sql.length() && sql.charAt(at) == '\'') {
                    at++;
                } else {
                    return;
                }
            }
        }
    }

    private boolean isDollarQuote() {
        int tagEnd = sql.indexOf('$', at + 1);
        if (tagEnd < 0 || isDigit(at + 1)) {
            return false;
        }
        for (int i = at + 1; i < tagEnd; i++) {
            if (!Character.isLetterOrDigit(sql.charAt(i)) && sql.charAt(i) != '_') {
                return false;
            }
        }
        String quote = sql.substring(at, tagEnd + 1);
        at = tagEnd + 1;
        passTo(quote);
        return true;
    }

    private void passNumber() {
        while (at < sql.length() && (Character.isLetterOrDigit(sql.charAt(at)) || sql.charAt(at) == '.')) {
            at++;
        }
    }

    private void passTo(String end) {
        int found = sql.indexOf(end, at);
        at = found < 0 ? sql.length() : found + end.length();
    }

    private void copyTo(int end) {
        out.append(sql, at, end);
        at = end;
    }

    private void blank() {
        int length = out.length();
        if (length > 0 && out.charAt(length - 1) != ' ' && out.charAt(length - 1) != '(') {
            out.append(' ');
        }
    }

    private void trimBlank() {
        int length = out.length();
        if (length > 0 && out.charAt(length - 1) == ' ') {
            out.setLength(length - 1);
        }
    }

    /** Appends a placeholder, folding {@code ?, ?} into {@code ?…}. */
    private void placeholder() {
        int comma = out.length() - 1;
        while (comma >= 0 && out.charAt(comma) == ' ') {
            comma--;
        }
        if (comma >= 0 && out.charAt(comma) == ',') {
            int before = comma - 1;
            while (before >= 0 && out.charAt(before) == ' ') {
                before--;
            }
            if (before >= 0 && (out.charAt(before) == '?' || out.charAt(before) == '…') && isInList(before)) {
                out.setLength(before + 1);
                if (out.charAt(before) == '?') {
                    out.append('…');
                }
                list = true;
                return;
            }
        }
        out.append('?');
    }

    /** Whether the value that ends here began a list behind {@code in (}; the arguments of a function are none. */
    private boolean isInList(int end) {
        int open = end;
        while (open >= 0 && out.charAt(open) != '(') {
            char c = out.charAt(open--);
            if (c != '?' && c != '…' && c != ' ') {
                return false;
            }
        }
        int word = open - 1;
        while (word >= 0 && out.charAt(word) == ' ') {
            word--;
        }
        return word >= 1
                && Character.toLowerCase(out.charAt(word)) == 'n'
                && Character.toLowerCase(out.charAt(word - 1)) == 'i'
                && (word == 1 || !Character.isLetterOrDigit(out.charAt(word - 2)));
    }

    /** Folds {@code (…), (…)} of equal rows into the first one and an ellipsis. */
    private void foldRow() {
        int open = out.lastIndexOf("(");
        String row = out.substring(Math.max(open, 0));
        if (open <= 0 || row.indexOf('?') < 0) {
            return;
        }
        int comma = open - 1;
        while (comma >= 0 && out.charAt(comma) == ' ') {
            comma--;
        }
        if (comma < 0 || out.charAt(comma) != ',') {
            return;
        }
        String before = out.substring(0, comma).stripTrailing();
        if (before.endsWith(row + "…") || before.endsWith(row)) {
            out.setLength(before.length());
            if (before.endsWith(row)) {
                out.append('…');
            }
            list = true;
        }
    }
}
