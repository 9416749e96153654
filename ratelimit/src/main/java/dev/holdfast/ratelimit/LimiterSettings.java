package dev.holdfast.ratelimit;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;

/** Checked settings of one limiter; {@link RateLimiterBuilder} documents each. */
record LimiterSettings(
        String name,
        RedisLink link,
        String keyPrefix,
        Plans plans,
        Fallback fallback,
        Duration timeout,
        Duration heartbeat,
        int maximumLocalSubjects,
        int denyCacheSize,
        boolean showSubjects,
        Ticker ticker) {}
