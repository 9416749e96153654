package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.util.Locale;

/** The one table that a headless run prints: fixed width, a row per path, and how many times better Holdfast is. */
final class ResultTable {
    private static final String ROW = "%-9s %10s %8s %8s %8s %12s %7s %7s %7s %7s%n";

    private ResultTable() {}

    static String of(Comparison.Result result) {
        Measurement naive = result.naive();
        Measurement holdfast = result.holdfast();
        String head = row(
                "path",
                "requests/s",
                "p50 ms",
                "p95 ms",
                "p99 ms",
                "SQL/request",
                "tier-1",
                "tier-2",
                "errors",
                "stale");
        return head
                + "-".repeat(head.strip().length())
                + "%n".formatted()
                + row(naive, "-", "-")
                + row(
                        holdfast,
                        percent(holdfast.hits().tier1Rate()),
                        percent(holdfast.hits().tier2Rate()))
                + row(
                        "ratio",
                        times(holdfast.requestsPerSecond(), naive.requestsPerSecond()),
                        times(naive.p50(), holdfast.p50()),
                        times(naive.p95(), holdfast.p95()),
                        times(naive.p99(), holdfast.p99()),
                        times(naive.statementsPerRequest(), holdfast.statementsPerRequest()),
                        "",
                        "",
                        "",
                        "");
    }

    private static String row(Measurement m, String tier1, String tier2) {
        return row(
                m.path().segment(),
                number("%,.0f", m.requestsPerSecond()),
                millis(m.p50()),
                millis(m.p95()),
                millis(m.p99()),
                number("%.3f", m.statementsPerRequest()),
                tier1,
                tier2,
                number("%,d", m.errors()),
                number("%,d", m.staleReads()));
    }

    private static String row(Object... cells) {
        return String.format(Locale.ROOT, ROW, cells).stripTrailing() + "%n".formatted();
    }

    private static String millis(Duration duration) {
        return number("%.2f", duration.toNanos() / 1e6);
    }

    private static String percent(double share) {
        return number("%.1f%%", share * 100);
    }

    private static String times(Duration worse, Duration better) {
        return times(worse.toNanos(), better.toNanos());
    }

    private static String times(double more, double less) {
        return less == 0 ? "-" : number("%.1fx", more / less);
    }

    private static String number(String format, Object value) {
        return String.format(Locale.ROOT, format, value);
    }
}
