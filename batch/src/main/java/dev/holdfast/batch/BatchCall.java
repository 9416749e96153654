package dev.holdfast.batch;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One call of a batch function: the context it runs in, how long it may take, and where it reports keys that failed.
 *
 * <p>Valid until the function returns; used by the thread that runs it.
 *
 * @param <K> the key type
 */
public final class BatchCall<K> {
    private final BatchLoader<K, ?> loader;
    private final BatchContext context;
    private final Set<K> keys;
    private final int attempt;
    private final long deadline;
    private @Nullable Map<K, Throwable> failures;

    BatchCall(BatchLoader<K, ?> loader, BatchContext context, Set<K> keys, int attempt, long deadline) {
        this.loader = loader;
        this.context = context;
        this.keys = keys;
        this.attempt = attempt;
        this.deadline = deadline;
    }

    /**
     * The context of the scope whose keys these are; outside scopes what {@link BatchLoaderBuilder#ambient} supplies.
     *
     * @return never null, maybe empty
     */
    public BatchContext context() {
        return context;
    }

    /**
     * A value of the context that must be there.
     *
     * @param type its type
     * @param <T> the type
     * @return the value
     * @throws IllegalStateException if there is none of exactly that type
     */
    public <T> T get(Class<T> type) {
        return context.get(type);
    }

    /**
     * A value of the context that may be there.
     *
     * @param type its type
     * @param <T> the type
     * @return the value, or empty
     */
    public <T> Optional<T> find(Class<T> type) {
        return context.find(type);
    }

    /**
     * Which attempt this is.
     *
     * @return 1 for the first call, more when keys that failed are tried again
     */
    public int attempt() {
        return attempt;
    }

    /**
     * How much time is left, for instance for the timeout of a query.
     *
     * @return at least 1 ms
     */
    public Duration remaining() {
        return Duration.ofNanos(Math.max(1_000_000, deadline - System.nanoTime()));
    }

    /**
     * Fails one key; the others keep what the function returns for them.
     *
     * @param key one of the keys of this call
     * @param cause why
     * @throws IllegalArgumentException if the key is not of this call
     */
    public void fail(K key, Throwable cause) {
        Objects.requireNonNull(cause, "cause");
        K asked = loader.normalize(Objects.requireNonNull(key, "key"));
        if (!keys.contains(asked)) {
            throw new IllegalArgumentException("key " + Keys.show(key) + " is not one of the " + keys.size()
                    + " keys of this call of loader '" + loader.name() + "': fail keys that were asked for");
        }
        if (failures == null) {
            failures = new HashMap<>();
        }
        failures.put(asked, cause);
    }

    @Nullable
    Map<K, Throwable> failures() {
        return failures;
    }

    K normalize(K key) {
        return loader.normalize(key);
    }

    BatchLoadException broken(String message) {
        return new BatchLoadException(loader.name(), message, null);
    }

    BatchLoadException foreign(Collection<? extends @Nullable Object> found) {
        return broken("the batch function returned keys that nobody asked for: " + Keys.sample(found) + "; asked for "
                + Keys.sample(keys)
                + ". If they are equal for the database but not for Java, such as 1.0 and 1.00 or names in"
                + " another case, give the loader a keyNormalizer");
    }
}
