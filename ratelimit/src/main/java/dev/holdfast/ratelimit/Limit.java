package dev.holdfast.ratelimit;

import dev.holdfast.core.Problems;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One limit of a plan: so many permits per period, by a token bucket that refills continuously, or in a sliding window.
 *
 * <p>Immutable and thread-safe. A bucket admits at most its burst at once and, in any stretch of time t, at most burst +
 * rate · t, exactly; there is no window at whose border anything is granted twice. Nothing is checked before
 * {@link Plan#of}, which reports everything at once.
 *
 * <p>Its name says which limit it is when a plan changes: what subjects have used of the limit "minute" stays used when
 * that limit is made larger or smaller, or others come and go beside it.
 */
public final class Limit {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    static final Duration LONGEST = Duration.ofDays(31);

    private final String name;
    private final long permits;
    private final Duration period;
    private final long burst;
    private final boolean sliding;

    private Limit(String name, long permits, Duration period, long burst, boolean sliding) {
        this.name = name;
        this.permits = permits;
        this.period = period;
        this.burst = burst;
        this.sliding = sliding;
    }

    /**
     * A token bucket that refills by {@code permits} per period, continuously, and holds as many.
     *
     * @param permits at least 1
     * @param period whole microseconds, at most 31 days
     * @return the limit, named after its period
     */
    public static Limit of(long permits, Duration period) {
        Objects.requireNonNull(period, "period");
        return new Limit(nameOf(period), permits, period, permits, false);
    }

    /**
     * A token bucket that refills by {@code permits} per second.
     *
     * @param permits at least 1
     * @return the limit, named "second"
     */
    public static Limit perSecond(long permits) {
        return of(permits, Duration.ofSeconds(1));
    }

    /**
     * A token bucket that refills by {@code permits} per minute.
     *
     * @param permits at least 1
     * @return the limit, named "minute"
     */
    public static Limit perMinute(long permits) {
        return of(permits, Duration.ofMinutes(1));
    }

    /**
     * A token bucket that refills by {@code permits} per hour.
     *
     * @param permits at least 1
     * @return the limit, named "hour"
     */
    public static Limit perHour(long permits) {
        return of(permits, Duration.ofHours(1));
    }

    /**
     * A token bucket that refills by {@code permits} per day.
     *
     * @param permits at least 1
     * @return the limit, named "day"
     */
    public static Limit perDay(long permits) {
        return of(permits, Duration.ofDays(1));
    }

    /**
     * At most {@code permits} in any stretch of time as long as the window, which a bucket cannot promise: a rested one
     * admits its burst on top of its rate. The window slides by tenths, so a permit comes back up to a tenth of the window
     * late. Takes up to about 80 bytes per subject where a bucket takes 16.
     *
     * @param permits at least 1, at most 4,294,967,295
     * @param window whole microseconds, at most 31 days
     * @return the limit, named after its window
     */
    public static Limit slidingWindow(long permits, Duration window) {
        Objects.requireNonNull(window, "window");
        return new Limit(nameOf(window), permits, window, permits, true);
    }

    /**
     * Sets how many permits a rested subject may take at once.
     *
     * @param capacity at least 1; the permits of a period by default. Not for sliding windows
     * @return a limit with that burst
     */
    public Limit burst(long capacity) {
        return new Limit(name, permits, period, capacity, sliding);
    }

    /**
     * Names the limit, within its plan, in headers and in metrics.
     *
     * @param name up to 64 letters, digits, dots, dashes and underscores
     * @return a limit with that name
     */
    public Limit named(String name) {
        return new Limit(Objects.requireNonNull(name, "name"), permits, period, burst, sliding);
    }

    /**
     * The name.
     *
     * @return as given, or after the period: "second", "minute", "hour", "day", otherwise such as "15m"
     */
    public String name() {
        return name;
    }

    /**
     * How many permits come back in a period, or fit into a window.
     *
     * @return permits
     */
    public long permits() {
        return permits;
    }

    /**
     * The period, or the window.
     *
     * @return a duration
     */
    public Duration period() {
        return period;
    }

    /**
     * How many permits can be taken at once.
     *
     * @return the burst; of a sliding window its permits
     */
    public long burst() {
        return burst;
    }

    /**
     * Whether this is a sliding window rather than a bucket.
     *
     * @return true for {@link #slidingWindow}
     */
    public boolean isSlidingWindow() {
        return sliding;
    }

    /** By what the limit is known in Redis; names of one plan may not share it. */
    int id() {
        int hash = 0x811C9DC5; // FNV-1a, folded to 16 bits
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x01000193;
        }
        return (hash >>> 16 ^ hash) & 0xFFFF;
    }

    /** Looks for mistakes; {@link #algorithm()} works once there are none. */
    void check(Problems problems) {
        String property = "limit '" + name + "'";
        problems.require(
                NAME.matcher(name).matches(),
                "ratelimit.limit.name",
                "name",
                name,
                "a limit's name is not 1 to 64 letters, digits, dots, dashes or underscores",
                "name it like 'burst' or 'minute'");
        boolean counts = problems(
                problems,
                permits >= 1 && permits < Algorithm.MAX,
                "permits",
                property,
                permits,
                "permits are out of 1.." + (Algorithm.MAX - 1),
                "give at least 1");
        boolean holds = problems(
                problems,
                burst == permits || (burst >= 1 && burst < Algorithm.MAX),
                "burst",
                property,
                burst,
                "the burst is out of 1.." + (Algorithm.MAX - 1),
                "give at least 1");
        boolean lasts = problems(
                problems,
                !period.isNegative()
                        && !period.isZero()
                        && period.compareTo(LONGEST) <= 0
                        && period.toNanosPart() % 1_000 == 0,
                "period",
                property,
                period,
                "the period is not a positive number of whole microseconds, 31 days at most",
                "give something like Duration.ofMinutes(1)");
        if (!counts || !holds || !lasts) {
            return;
        }
        if (sliding) {
            problems.require(
                    permits <= SlidingWindow.MAX_COUNT,
                    "ratelimit.limit.permits",
                    property,
                    permits,
                    "a sliding window counts up to " + SlidingWindow.MAX_COUNT,
                    "use a bucket: Limit.of(" + permits + ", …)");
            problems.require(
                    burst == permits,
                    "ratelimit.limit.burst",
                    property,
                    burst,
                    "a sliding window has no burst beside its " + permits + " permits",
                    "leave burst() away, or use a bucket");
            return;
        }
        long micros = micros();
        long q = micros / DeficitBucket.gcd(permits, micros);
        problems.require(
                (double) burst * q < Algorithm.MAX,
                "ratelimit.limit.product",
                property,
                burst + " x " + q,
                "burst " + burst + " times " + q + " (the period in us, reduced by its common factor with " + permits
                        + " permits) is beyond 2^53",
                "lower the burst, or choose permits that share more factors with the period, such as a round number");
    }

    private static boolean problems(
            Problems problems,
            boolean holds,
            String what,
            String property,
            Object value,
            String message,
            String remedy) {
        problems.require(holds, "ratelimit.limit." + what, property, value, message, remedy);
        return holds;
    }

    private long micros() {
        return period.toSeconds() * 1_000_000 + period.toNanosPart() / 1_000;
    }

    Algorithm algorithm() {
        return sliding ? SlidingWindow.of(permits, micros()) : DeficitBucket.of(permits, micros(), burst);
    }

    private static @Nullable String unit(Duration period) {
        if (period.equals(Duration.ofSeconds(1))) {
            return "second";
        }
        if (period.equals(Duration.ofMinutes(1))) {
            return "minute";
        }
        if (period.equals(Duration.ofHours(1))) {
            return "hour";
        }
        return period.equals(Duration.ofDays(1)) ? "day" : null;
    }

    private static String nameOf(Duration period) {
        String unit = unit(period);
        return unit != null
                ? unit
                : period.toString().replace("PT", "").replace("P", "").toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean equals(@Nullable Object o) {
        return o instanceof Limit other
                && name.equals(other.name)
                && permits == other.permits
                && period.equals(other.period)
                && burst == other.burst
                && sliding == other.sliding;
    }

    @Override
    public int hashCode() {
        return Objects.hash(name, permits, period, burst, sliding);
    }

    @Override
    public String toString() {
        return name + ": " + permits + (sliding ? " in any " : " per ") + period
                + (burst == permits ? "" : ", burst " + burst);
    }
}
