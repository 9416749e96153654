package dev.holdfast.core.redis;

/** Something that was registered and can be taken back. */
@FunctionalInterface
public interface Registration extends AutoCloseable {
    /** Takes it back; idempotent, does not throw, and does not wait for a callback under way. */
    @Override
    void close();
}
