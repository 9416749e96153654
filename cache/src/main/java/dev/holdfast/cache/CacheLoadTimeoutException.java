package dev.holdfast.cache;

/** A load took longer than the cache's hard timeout, or waited that long for its turn; the load itself may go on. */
public final class CacheLoadTimeoutException extends CacheLoadException {
    private static final long serialVersionUID = 1L;

    CacheLoadTimeoutException(String message) {
        super(message, null);
    }
}
