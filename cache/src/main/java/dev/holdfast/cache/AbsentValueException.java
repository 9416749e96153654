package dev.holdfast.cache;

/** Thrown when the loader has no value for a key in a cache that was built with {@code requirePresent()}. */
public final class AbsentValueException extends CacheLoadException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message the cache and the key
     */
    public AbsentValueException(String message) {
        super(message, null);
    }
}
