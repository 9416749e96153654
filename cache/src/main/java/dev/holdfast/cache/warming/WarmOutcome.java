package dev.holdfast.cache.warming;

/** How a pass of a {@link CacheWarmer} ended. */
public enum WarmOutcome {
    /** All keys were read. Some may have failed; the result counts them. */
    COMPLETED,
    /** The bound on keys was reached before the source ended. */
    TRUNCATED,
    /** Another node is warming, or has just done so. */
    SKIPPED,
    /** Redis is away, so nobody knows whether another node is warming. It is tried again soon. */
    REDIS_AWAY,
    /** Redis or a slow chunk cost this node its lease; another node may be warming now. */
    LEASE_LOST,
    /** The source of keys failed, or several chunks in a row did. */
    FAILED,
    /** The warmer was closed. */
    CLOSED
}
