package dev.holdfast.core.redis;

/** Where a {@link RedisLink} stands. */
public enum LinkState {
    /** Started, no connection yet. Operations are refused. */
    CONNECTING,
    /** Connected to a server that takes commands. */
    UP,
    /** The server is away, frozen, or refuses us. Operations are refused at once; the link heals by itself. */
    DOWN,
    /** Closed for good. */
    CLOSED,
    /** Made by {@link RedisLink#disabled()}: there is no Redis, on purpose. */
    DISABLED
}
