package dev.holdfast.batch.watch;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Says what to do about a finding. */
final class Remedies {
    private static final Pattern BY_KEY = Pattern.compile(
            "(?is)\\bfrom\\s+([\\w.\"`]+)(?:\\s+(?:as\\s+)?\\w+)?\\s+where\\s+(?:[\\w\"`]+\\.)?([\\w\"`]+)\\s*=\\s*\\?");

    private Remedies() {}

    static String forRepetition(String query) {
        Matcher matcher = BY_KEY.matcher(query);
        if (matcher.find()) {
            return "load " + matcher.group(1) + " by " + matcher.group(2)
                    + " through a BatchLoader: one query for all keys instead of one for each";
        }
        return "load all rows that the loop needs in one query, for example through a BatchLoader";
    }

    static String forSlow(long limitMillis) {
        return "took longer than " + limitMillis + " ms: look at its plan with QueryPlans.explain";
    }

    static String forUnbounded(long limit) {
        return "more than " + limit
                + " rows were read: read pages or a stream with Keyset, or let the database aggregate";
    }
}
