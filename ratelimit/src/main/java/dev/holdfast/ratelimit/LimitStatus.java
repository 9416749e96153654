package dev.holdfast.ratelimit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where a subject stands with one limit after a decision.
 *
 * @param limit the limit
 * @param remaining whole permits left
 * @param reset until all permits are there again, if none are taken
 * @param retryAfter until the cost asked for fits this limit; zero if it does, null if it never will
 */
public record LimitStatus(
        Limit limit,
        long remaining,
        Duration reset,
        @Nullable Duration retryAfter) {}
