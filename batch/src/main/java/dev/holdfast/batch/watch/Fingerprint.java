package dev.holdfast.batch.watch;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * What executions of the same query have in common: its text without literals, comments and the lengths of lists.
 *
 * @param text the normalised text
 * @param id a short hash of it, the same in each run
 * @param list whether it takes a list of several values, so that it is a batch already
 * @param paging whether it reads a page: several rows from an offset or up to a limit
 */
record Fingerprint(String text, String id, boolean list, boolean paging) {
    private static final int MAXIMUM_TEXT = 2_000;
    private static final Pattern PAGING = Pattern.compile(
            "(?i)\\boffset\\b|\\blimit\\s+(\\?|[2-9]|\\d\\d)|\\bfetch\\s+(first|next)\\s+(\\?|[2-9]|\\d\\d)");

    static Fingerprint of(String sql) {
        SqlNormalizer normalizer = new SqlNormalizer(sql);
        String text = normalizer.text();
        CRC32C hash = new CRC32C();
        hash.update(text.getBytes(StandardCharsets.UTF_8));
        return new Fingerprint(
                text.length() > MAXIMUM_TEXT ? text.substring(0, MAXIMUM_TEXT) + "…" : text,
                "%08x".formatted(hash.getValue()),
                normalizer.hasList(),
                PAGING.matcher(sql).find());
    }
}
