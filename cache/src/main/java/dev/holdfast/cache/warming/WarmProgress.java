package dev.holdfast.cache.warming;

import java.time.Duration;

/**
 * Where a pass of a {@link CacheWarmer} stands.
 *
 * @param keys how many keys it has asked the cache for
 * @param found how many of them have a value
 * @param failed how many keys were in chunks that failed
 * @param elapsed since it began
 */
public record WarmProgress(long keys, long found, long failed, Duration elapsed) {}
