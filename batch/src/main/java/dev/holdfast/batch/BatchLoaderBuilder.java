package dev.holdfast.batch;

import dev.holdfast.core.Backoff;
import dev.holdfast.core.Problems;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Settings of a {@link BatchLoader}; not thread-safe, checked as a whole by {@link #build()}, which reports every problem at
 * once.
 *
 * @param <K> key type
 * @param <V> value type
 */
public final class BatchLoaderBuilder<K, V> implements Cloneable {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,100}");

    final String name;
    final BatchFunction<K, V> function;
    int maximumBatchSize = Integer.MAX_VALUE;
    Duration timeout = Duration.ofSeconds(30);
    int attempts = 1;
    Predicate<? super Throwable> retryOn = failure -> true;

    @Nullable
    Backoff backoff;

    boolean caching = true;

    @Nullable
    Class<K> keyType;

    @Nullable
    UnaryOperator<K> keyNormalizer;

    @Nullable
    Executor executor;

    Supplier<BatchContext> ambient = BatchContext::empty;
    List<Child<V>> children = new ArrayList<>();

    BatchLoaderBuilder(String name, BatchFunction<K, V> function) {
        this.name = Objects.requireNonNull(name, "name");
        this.function = Objects.requireNonNull(function, "function");
    }

    /**
     * Bounds the keys of one call of the batch function; not bounded by default. More keys become several calls, one after
     * another, or beside each other if several threads wait.
     *
     * @param keys at least 1
     * @return this
     */
    public BatchLoaderBuilder<K, V> maximumBatchSize(int keys) {
        this.maximumBatchSize = keys;
        return this;
    }

    /**
     * How long a batch may take, attempts included; 30 seconds by default. After that its callers get a {@link
     * BatchTimeoutException}, and the thread that runs the function is interrupted. A function that does not react, such as
     * a platform thread that reads from a socket, holds up only the caller whose thread it is; see {@link #executor}.
     *
     * @param timeout 1 ms to 1 day
     * @return this
     */
    public BatchLoaderBuilder<K, V> timeout(Duration timeout) {
        this.timeout = Objects.requireNonNull(timeout, "timeout");
        return this;
    }

    /**
     * Tries keys that failed again, and only those: all of them if the function threw, or those it {@linkplain
     * BatchCall#fail failed} one by one. Not by default. Keys are not tried again because the function broke its contract.
     *
     * @param attempts how often a key is tried in all, 1 to 100
     * @param retryOn whether a failure may pass; gets what the function threw, or gave as the cause
     * @param backoff how long to wait before, within the timeout; null not at all
     * @return this
     */
    public BatchLoaderBuilder<K, V> retry(
            int attempts, Predicate<? super Throwable> retryOn, @Nullable Backoff backoff) {
        this.attempts = attempts;
        this.retryOn = Objects.requireNonNull(retryOn, "retryOn");
        this.backoff = backoff;
        return this;
    }

    /**
     * Switches off that a scope remembers values. Loads of one key that wait together are still one.
     *
     * @return this
     */
    public BatchLoaderBuilder<K, V> withoutCache() {
        this.caching = false;
        return this;
    }

    /**
     * Refuses keys of another type, which raw types and unchecked casts let through, before they are queued.
     *
     * @param keyType the class of the keys
     * @return this
     */
    public BatchLoaderBuilder<K, V> keyType(Class<K> keyType) {
        this.keyType = Objects.requireNonNull(keyType, "keyType");
        return this;
    }

    /**
     * Makes keys equal for Java that are equal for the source: applied to keys that are asked for and to keys that come back.
     *
     * @param keyNormalizer for instance {@code BigDecimal::stripTrailingZeros}; must not return null
     * @return this
     */
    public BatchLoaderBuilder<K, V> keyNormalizer(UnaryOperator<K> keyNormalizer) {
        this.keyNormalizer = Objects.requireNonNull(keyNormalizer, "keyNormalizer");
        return this;
    }

    /**
     * Runs the batch function on an executor, so that {@link #timeout} bounds every caller whatever the function does. By
     * default it runs on the thread of a caller that waits. The function runs with the caller's context if Micrometer's
     * context propagation is on the class path. In scopes bound to a thread the executor is not used.
     *
     * @param executor must not run tasks on the thread that hands them over
     * @return this
     */
    public BatchLoaderBuilder<K, V> executor(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
        return this;
    }

    /**
     * The context of loads outside scopes, read on the thread of the caller. Only loads with equal contexts share a batch
     * there, so a tenant belongs into it. Empty by default: then callers of all threads share batches.
     *
     * @param ambient for instance {@code () -> BatchContext.of(Tenant.class, Tenant.current())}
     * @return this
     */
    public BatchLoaderBuilder<K, V> ambient(Supplier<BatchContext> ambient) {
        this.ambient = Objects.requireNonNull(ambient, "ambient");
        return this;
    }

    /**
     * In a scope, announces to another loader the key that each value of this one refers to, as if by {@link
     * BatchLoader#announce}.
     *
     * @param child the other loader
     * @param keyOf the key in a value; null for none
     * @param <C> the other loader's key type
     * @return this
     */
    public <C> BatchLoaderBuilder<K, V> announcing(
            BatchLoader<C, ?> child, Function<? super V, ? extends @Nullable C> keyOf) {
        children.add(new Child<>(Objects.requireNonNull(child, "child"), Objects.requireNonNull(keyOf, "keyOf")));
        return this;
    }

    /**
     * Checks the settings and makes the loader.
     *
     * @return a loader that keeps these settings
     * @throws dev.holdfast.core.ConfigurationException with every setting that cannot work
     */
    public BatchLoader<K, V> build() {
        Problems problems = Problems.of("batch loader '" + name + "'");
        problems.require(
                NAME.matcher(name).matches(),
                "batch.name",
                "name",
                name,
                "is part of metrics",
                "use 1 to 100 letters, digits, dots, dashes or underscores");
        problems.require(
                maximumBatchSize >= 1,
                "batch.maximumBatchSize",
                "maximumBatchSize",
                maximumBatchSize,
                "is not positive",
                "use e.g. 1000, or leave it out for no bound");
        problems.require(
                timeout.compareTo(Duration.ofMillis(1)) >= 0 && timeout.compareTo(Duration.ofDays(1)) <= 0,
                "batch.timeout",
                "timeout",
                timeout,
                "is not within PT0.001S..PT24H",
                "choose a duration within these bounds");
        problems.require(
                attempts >= 1 && attempts <= 100,
                "batch.attempts",
                "attempts",
                attempts,
                "is not within 1..100",
                "use 1 for no retry, or e.g. 3");
        problems.orThrow();
        return new BatchLoader<>(copy());
    }

    private BatchLoaderBuilder<K, V> copy() {
        try {
            @SuppressWarnings("unchecked") // clone() of this
            BatchLoaderBuilder<K, V> copy = (BatchLoaderBuilder<K, V>) clone();
            copy.children = List.copyOf(children);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    /** A loader that is told which keys the values of this one refer to. */
    record Child<V>(BatchLoader<?, ?> loader, Function<? super V, ?> keyOf) {
        void collect(V value, List<Object> keys) {
            Object key = keyOf.apply(value);
            if (key != null) {
                keys.add(loader.admit(key));
            }
        }
    }
}
