package dev.holdfast.core.redis;

/** How the servers behind a {@link RedisLink} are arranged. */
public enum RedisMode {
    /** One server. */
    STANDALONE,
    /** A primary with replicas, watched by Sentinels that name the current primary. */
    SENTINEL,
    /** Slots spread over several primaries. */
    CLUSTER,
    /** No Redis, on purpose. */
    DISABLED
}
