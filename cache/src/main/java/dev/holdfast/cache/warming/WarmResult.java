package dev.holdfast.cache.warming;

import java.time.Duration;

/**
 * What a pass of a {@link CacheWarmer} did.
 *
 * @param outcome how it ended
 * @param keys how many keys it asked the cache for
 * @param found how many of them have a value now; the source does not know the others, or they failed
 * @param failed how many keys were in chunks that failed
 * @param took how long it took
 */
public record WarmResult(WarmOutcome outcome, long keys, long found, long failed, Duration took) {}
