package dev.holdfast.core.redis;

/** Settings of a {@link RedisLink}; not thread-safe, checked as a whole by {@link #connect()}. */
public final class RedisLinkBuilder {
    RedisLinkBuilder(String uri) {}
    /** Opens the link.
     * @return the link */
    public RedisLink connect() {
        throw new UnsupportedOperationException();
    }
}
