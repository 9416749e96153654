package dev.holdfast.cache;

/** What an invalidation does when Redis cannot be reached. It always holds on this node at once. */
public enum OutagePolicy {
    /** Return normally; the journal announces it to the other nodes as soon as Redis answers. */
    QUEUE,
    /** Journal it too, but throw {@link InvalidationPendingException}, so that the caller knows. */
    THROW
}
