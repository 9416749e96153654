package dev.holdfast.core.redis;

/**
 * Receives the messages of a channel and learns about every gap in them.
 *
 * <p>Called on one thread of the link, one call at a time and in order of arrival, under no lock; it must not block. A
 * listener that throws is logged and counted, and goes on receiving.
 */
public interface SubscriptionListener {
    /**
     * The subscription is in force (for the first time or again): whatever was published before may have been missed.
     *
     * @param generation number of the subscription, 1 for the first
     */
    void onSubscribed(long generation);

    /**
     * A message arrived.
     *
     * @param message its bytes; the listener may keep them
     */
    void onMessage(byte[] message);

    /** The subscription was lost; the link is restoring it and calls {@link #onSubscribed} when it has. */
    default void onLost() {}
}
