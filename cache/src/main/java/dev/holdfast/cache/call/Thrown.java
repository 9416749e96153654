package dev.holdfast.cache.call;

import dev.holdfast.cache.CacheLoadException;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Carries what an implementation threw through the cache, so that it can be told from what the cache itself has to say.
 */
final class Thrown extends Exception {
    private static final long serialVersionUID = 1L;

    private final Throwable original;

    Thrown(Throwable original) {
        super(original.toString(), original, false, false);
        this.original = original;
    }

    /** What the implementation threw, or else the failure itself. */
    static Throwable original(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = next(cause)) {
            if (cause instanceof Thrown thrown) {
                return thrown.original;
            }
        }
        return failure;
    }

    /** Only the cache's own wrappers are looked into: what is below them may be anything. */
    private static @Nullable Throwable next(Throwable failure) {
        return failure instanceof CacheLoadException || failure instanceof CompletionException
                ? failure.getCause()
                : null;
    }

    /** For logs: the original speaks for itself. */
    @Override
    @SuppressWarnings("OverrideThrowableToString") // The name of this class would only puzzle.
    public String toString() {
        return original.toString();
    }
}
