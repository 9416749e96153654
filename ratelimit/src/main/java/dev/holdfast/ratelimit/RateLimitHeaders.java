package dev.holdfast.ratelimit;

import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What to tell an HTTP client about a {@link Decision}: {@code X-RateLimit-*}, {@code Retry-After}, and the fields {@code
 * RateLimit-Policy} and {@code RateLimit} of the IETF's draft-ietf-httpapi-ratelimit-headers-10.
 *
 * <p>Times are whole seconds, rounded up, so that nothing is ever promised early. A limit that refills while it is used is
 * told as the burst {@code q} in the window {@code w} in which an empty burst is full again: {@code
 * Limit.perMinute(100).burst(20)} is 20 in 12 seconds.
 *
 * <p>Nothing is told of a request that a skip rule left out, and nothing but {@code Retry-After} where nobody knows how the
 * subject stands, as behind an open or closed {@link Fallback}. Immutable and thread-safe.
 */
public final class RateLimitHeaders {
    /** Integers of structured fields have 15 digits at most (RFC 9651). */
    private static final long MOST = 999_999_999_999_999L;

    private static final Format ALL = new Format(true, true, true, Duration.ZERO, Clock.systemUTC());

    private final int status;
    private final Map<String, String> fields;

    private RateLimitHeaders(int status, Map<String, String> fields) {
        this.status = status;
        this.fields = Collections.unmodifiableMap(fields);
    }

    /**
     * All fields for a decision.
     *
     * @param decision to be told
     * @return the fields
     */
    public static RateLimitHeaders of(Decision decision) {
        return ALL.of(decision);
    }

    /**
     * All fields, to choose from.
     *
     * @return a format that tells everything, without jitter
     */
    public static Format format() {
        return ALL;
    }

    /**
     * The status of the response: 200 if the request may go on and its handler decides; 429 (Too Many Requests) if the
     * subject has used what it may; 503 (Service Unavailable) if it was refused because nobody knows that, behind a closed
     * {@link Fallback}.
     *
     * @return the status
     */
    public int status() {
        return status;
    }

    /**
     * The fields by name, in the order in which they should be sent.
     *
     * @return an unmodifiable map
     */
    public Map<String, String> asMap() {
        return fields;
    }

    /**
     * Hands each field to a setter, such as {@code response::setHeader}.
     *
     * @param setter takes name and value
     */
    public void forEach(BiConsumer<String, String> setter) {
        fields.forEach(setter);
    }

    @Override
    public String toString() {
        return status + " " + fields;
    }

    /** Which fields are sent, and how. Immutable and thread-safe. */
    public static final class Format {
        private final boolean legacy;
        private final boolean ietf;
        private final boolean epoch;
        private final Duration jitter;
        private final Clock clock;

        private Format(boolean legacy, boolean ietf, boolean epoch, Duration jitter, Clock clock) {
            this.legacy = legacy;
            this.ietf = ietf;
            this.epoch = epoch;
            this.jitter = jitter;
            this.clock = clock;
        }

        /**
         * Leaves {@code X-RateLimit-*} out.
         *
         * @return such a format
         */
        public Format withoutLegacy() {
            return new Format(false, ietf, epoch, jitter, clock);
        }

        /**
         * Leaves {@code RateLimit} and {@code RateLimit-Policy} out.
         *
         * @return such a format
         */
        public Format withoutIetf() {
            return new Format(legacy, false, epoch, jitter, clock);
        }

        /**
         * Tells {@code X-RateLimit-Reset} in seconds from now, rather than as seconds of the epoch as GitHub does, for which
         * clocks must agree.
         *
         * @return such a format
         */
        public Format resetInSeconds() {
            return new Format(legacy, ietf, false, jitter, clock);
        }

        /**
         * Spreads clients that were refused together: each is told to wait longer by a random time.
         *
         * @param most the longest addition, at least a second to have an effect; zero for none, which is the default
         * @return such a format
         * @throws IllegalArgumentException if it is negative or longer than a day
         */
        public Format jitter(Duration most) {
            if (most.isNegative() || most.compareTo(Duration.ofDays(1)) > 0) {
                throw new IllegalArgumentException(
                        "jitter " + most + " is out of 0..1 day: give a few seconds, such as Duration.ofSeconds(3)");
            }
            return new Format(legacy, ietf, epoch, most, clock);
        }

        /** Takes the time of the epoch from another clock. */
        Format clock(Clock other) {
            return new Format(legacy, ietf, epoch, jitter, Objects.requireNonNull(other));
        }

        /**
         * The fields for a decision.
         *
         * @param decision to be told
         * @return the fields
         */
        public RateLimitHeaders of(Decision decision) {
            Map<String, String> fields = new LinkedHashMap<>();
            List<LimitStatus> limits = decision.limits();
            boolean refused = !decision.allowed();
            Duration wait = refused ? decision.retryAfter().orElse(null) : Duration.ZERO;
            long retry = refused && wait != null ? seconds(wait) + spread() : 0;
            LimitStatus binding = decision.binding().orElse(null);
            if (binding != null && legacy) {
                long reset = refused && retry > 0 ? retry : seconds(binding.reset());
                fields.put("X-RateLimit-Limit", number(binding.limit().burst()));
                fields.put("X-RateLimit-Remaining", number(remaining(decision, binding)));
                fields.put("X-RateLimit-Reset", number(epoch ? seconds(clock.millis()) + reset : reset));
            }
            if (!limits.isEmpty() && ietf) {
                StringBuilder policy = new StringBuilder();
                StringBuilder state = new StringBuilder();
                for (LimitStatus status : limits) {
                    String separator = policy.isEmpty() ? "\"" : ", \"";
                    policy.append(separator).append(status.limit().name()).append("\";q=");
                    policy.append(number(status.limit().burst())).append(";w=");
                    policy.append(number(window(status.limit())));
                    state.append(separator).append(status.limit().name()).append("\";r=");
                    state.append(number(remaining(decision, status))).append(";t=");
                    state.append(number(effective(decision, status, binding, retry)));
                }
                fields.put("RateLimit-Policy", policy.toString());
                fields.put("RateLimit", state.toString());
            }
            if (retry > 0) {
                fields.put("Retry-After", number(retry));
            }
            boolean unknown = decision.source() == Decision.Source.FALLBACK && limits.isEmpty();
            return new RateLimitHeaders(refused ? unknown ? 503 : 429 : 200, fields);
        }

        /** Nobody who is blocked can take what is there. */
        private static long remaining(Decision decision, LimitStatus status) {
            return decision.source() == Decision.Source.PENALTY ? 0 : status.remaining();
        }

        /** The draft wants the time of the limit that refused to be that of Retry-After. */
        private static long effective(
                Decision decision, LimitStatus status, @Nullable LimitStatus binding, long retry) {
            boolean decides = decision.source() == Decision.Source.PENALTY || status.equals(binding);
            return retry > 0 && decides ? retry : seconds(status.reset());
        }

        private long spread() {
            long most = jitter.toSeconds();
            return most == 0 ? 0 : ThreadLocalRandom.current().nextLong(most + 1);
        }

        /** How long an empty burst takes to be full. */
        private static long window(Limit limit) {
            if (limit.isSlidingWindow()) {
                return seconds(limit.period());
            }
            double nanos = (double) limit.period().toNanos() * limit.burst() / limit.permits();
            // What the division of doubles adds in its last digits shall not make a second more.
            return Math.max(1, (long) Math.ceil(nanos / 1e9 - 1e-9));
        }

        private static long seconds(Duration duration) {
            return Math.max(0, duration.getNano() > 0 ? duration.getSeconds() + 1 : duration.getSeconds());
        }

        private static long seconds(long millis) {
            return -Math.floorDiv(-millis, 1_000L);
        }

        private static String number(long value) {
            return Long.toString(Math.min(MOST, value));
        }
    }
}
