package dev.holdfast.core.redis;

/**
 * Receives the messages of a channel and learns about every gap in them.
 *
 * <p>Called one call at a time and in order of arrival, under no lock: on one thread of the link that all listeners share,
 * so it should not block, and for {@link #tryMessage} on an I/O thread. A listener that throws is logged and counted, and
 * goes on receiving.
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

    /**
     * Offers a message to a listener that may be quick, on the I/O thread that read it: it then need not wait for another
     * thread to wake up. Only while nothing that came before it is waiting, for any listener.
     *
     * @param message its bytes; the listener may keep them
     * @return whether the message has been received; otherwise {@link #onMessage} gets it, before any later one. Whoever
     *     returns true must have taken microseconds, waited for nothing that takes longer, and run no code of its user:
     *     answers to operations come on this thread too
     */
    default boolean tryMessage(byte[] message) {
        return false;
    }

    /** The subscription was lost; the link is restoring it and calls {@link #onSubscribed} when it has. */
    default void onLost() {}
}
