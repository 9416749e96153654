package dev.holdfast.core.redis;

/**
 * Told about the life of a {@link RedisLink}.
 *
 * <p>Called on the link's own event thread, one call at a time and in order, under no lock; it must not block. A listener
 * that throws is logged and counted, and does not disturb others.
 */
@FunctionalInterface
public interface LinkListener {
    /**
     * Something changed: the state, or what stands behind an unchanged state (a reconnect, a failover, a resharding).
     *
     * @param change what changed
     */
    void onChange(LinkChange change);
}
