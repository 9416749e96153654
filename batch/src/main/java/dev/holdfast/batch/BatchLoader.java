package dev.holdfast.batch;

import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.ConcurrentModificationException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Loads single values as if one by one, and asks the source for many at a time.
 *
 * <p>A loader is made once and shared. Within a {@link BatchScope} loads are collected, each key is asked for once and its value
 * remembered until the scope ends, and no other scope's loads share a batch, a value or a context with it. Outside a scope
 * nothing is remembered, and loads that come while a batch is under way form the next one (group commit).
 *
 * <p>Nothing hangs: whoever waits runs what is due, and each batch ends within the loader's timeout. See {@code docs/batch.md} for
 * the rules by which batches are dispatched.
 *
 * <p>Thread-safe. Keys are not null and have {@code equals} and {@code hashCode}; a value that the source does not have is null.
 * {@code loader::load} and {@code loader::loadAll} fit wherever a function of one or of many keys is wanted, a cache's loaders for
 * instance.
 *
 * @param <K> the key type
 * @param <V> the value type
 */
public final class BatchLoader<K, V> {
    private final BatchLoaderBuilder<K, V> settings;
    private final Counters counters = new Counters();
    private final Dispatcher unscoped;
    private final ConcurrentHashMap<BatchContext, Dispatcher> unscopedByContext = new ConcurrentHashMap<>();

    BatchLoader(BatchLoaderBuilder<K, V> settings) {
        this.settings = settings;
        this.unscoped = Dispatcher.unscoped(BatchContext.empty());
    }

    /**
     * Begins to make a loader.
     *
     * @param name part of metrics and messages: letters, digits, dots, dashes and underscores
     * @param function loads many values; see {@link BatchFunction#ordered} and {@link BatchFunction#grouped} for other shapes
     * @param <K> the key type
     * @param <V> the value type
     * @return settings with their defaults
     */
    public static <K, V> BatchLoaderBuilder<K, V> builder(String name, BatchFunction<K, V> function) {
        return new BatchLoaderBuilder<>(name, function);
    }

    /**
     * A loader whose function returns a map; a key it does not contain has no value.
     *
     * @param name part of metrics and messages
     * @param function loads many values
     * @param <K> the key type
     * @param <V> the value type
     * @return the loader, with default settings
     */
    public static <K, V> BatchLoader<K, V> mapped(String name, BatchFunction<K, V> function) {
        return builder(name, function).build();
    }

    /**
     * A loader whose function returns a list with one element for each key, in their order; its size is checked.
     *
     * @param name part of metrics and messages
     * @param function loads many values
     * @param <K> the key type
     * @param <V> the value type
     * @return the loader, with default settings
     */
    public static <K, V> BatchLoader<K, V> ordered(String name, BatchFunction.Ordered<K, V> function) {
        return builder(name, BatchFunction.ordered(function)).build();
    }

    /**
     * A loader of one to many, whose function returns the rows of all keys together. A key without rows has an empty list.
     *
     * @param name part of metrics and messages
     * @param function loads the rows of many keys
     * @param keyOf the key to which a row belongs
     * @param <K> the key type
     * @param <E> the type of a row
     * @return the loader, with default settings
     */
    public static <K, E> BatchLoader<K, List<E>> grouped(
            String name, BatchFunction.Rows<K, E> function, Function<? super E, ? extends K> keyOf) {
        return builder(name, BatchFunction.<K, E>grouped(function, keyOf)).build();
    }

    /**
     * Loads a value, and waits for it. This thread runs the batch if nobody else does.
     *
     * @param key not null
     * @return the value, or null if the source has none
     * @throws NullPointerException if the key is null
     * @throws BatchLoadException if the source failed
     * @throws BatchTimeoutException if it took too long
     * @throws ScopeClosedException if the scope of this thread is closed
     * @throws BatchException if this thread is interrupted; the batch goes on
     */
    public @Nullable V load(K key) {
        Object admitted = admit(key);
        Dispatcher dispatcher = dispatcher();
        try {
            return value(dispatcher.load(this, admitted));
        } finally {
            release(dispatcher);
        }
    }

    /**
     * Loads values, and waits for all of them. Not part of an enrolled task, it does not wait for others to ask first.
     *
     * @param keys none of them null; duplicates count once
     * @return the values found, in the order of the keys, immutable; keys that the source does not have are not in it
     * @throws NullPointerException if a key is null
     * @throws BatchException as {@link #load}, if one of the keys failed
     */
    public Map<K, V> loadAll(Collection<? extends K> keys) {
        Object[] asked = new Object[keys.size()];
        int n = 0;
        for (K key : keys) {
            if (n == asked.length) {
                throw new ConcurrentModificationException("keys changed while they were read");
            }
            asked[n++] = admit(key);
        }
        if (n == 0) {
            return Map.of();
        }
        Dispatcher dispatcher = dispatcher();
        Entry[] entries;
        try {
            entries = dispatcher.loadAll(this, n == asked.length ? asked : Arrays.copyOf(asked, n));
        } finally {
            release(dispatcher);
        }
        Map<K, V> found = new LinkedHashMap<>((int) (n / 0.75f) + 1);
        int i = 0;
        for (K key : keys) {
            V value = value(Objects.requireNonNull(entries[i++].outcome));
            if (value != null) {
                found.put(key, value);
            }
        }
        return Collections.unmodifiableMap(found);
    }

    /**
     * Asks for a value without waiting. To wait for the future, by {@code join} or {@code get}, is to run what is due; the same
     * holds for futures derived from it. Cancelling it ends the wait of this caller only.
     *
     * @param key not null
     * @return completes with the value, with null if the source has none, or with what {@link #load} throws. It completes on the
     *     thread that runs the batch
     * @throws NullPointerException if the key is null
     * @throws ScopeClosedException if the scope of this thread is closed
     */
    @SuppressWarnings("unchecked") // the entry's key was admitted by this loader
    public CompletableFuture<@Nullable V> loadAsync(K key) {
        Object admitted = admit(key);
        Dispatcher dispatcher = dispatcher();
        LoadFuture<?> future = dispatcher.loadAsync(this, admitted);
        if (dispatcher != unscoped && dispatcher.groupCommit) {
            future.whenComplete((value, failure) -> release(dispatcher));
        }
        return (CompletableFuture<@Nullable V>) future;
    }

    /**
     * Asks for values without waiting.
     *
     * @param keys none of them null; duplicates count once
     * @return completes as {@link #loadAll} returns
     * @throws NullPointerException if a key is null
     * @throws ScopeClosedException if the scope of this thread is closed
     */
    public CompletableFuture<Map<K, V>> loadAllAsync(Collection<? extends K> keys) {
        Set<K> distinct = new LinkedHashSet<>(keys);
        distinct.forEach(this::admit);
        CompletableFuture<Map<K, V>> all = CompletableFuture.completedFuture(Collections.<K, V>emptyMap());
        Map<K, CompletableFuture<@Nullable V>> futures = new LinkedHashMap<>();
        for (K key : distinct) {
            futures.put(key, loadAsync(key));
        }
        List<CompletableFuture<@Nullable V>> open = new ArrayList<>(futures.values());
        if (open.isEmpty()) {
            return all;
        }
        // Derived from a future of ours, so that to wait for it runs what is due.
        CompletableFuture<Map<K, V>> result = open.get(0).newIncompleteFuture();
        CompletableFuture.allOf(open.toArray(new CompletableFuture<?>[0])).whenComplete((nothing, failure) -> {
            if (failure != null) {
                result.completeExceptionally(
                        failure instanceof CompletionException
                                ? Objects.requireNonNullElse(failure.getCause(), failure)
                                : failure);
                return;
            }
            Map<K, V> found = new LinkedHashMap<>();
            futures.forEach((key, future) -> {
                V value = future.join();
                if (value != null) {
                    found.put(key, value);
                }
            });
            result.complete(Collections.unmodifiableMap(found));
        });
        return result;
    }

    /**
     * Tells the scope which keys will be asked for one after another: the next batch of this loader takes them along, as far as
     * its size allows. So a plain loop over them is one query.
     *
     * @param parents what the loop goes over
     * @param keyOf the key it will ask for; null for none
     * @param <P> the type of a parent
     * @throws IllegalStateException outside a scope, where nothing is remembered
     * @throws ScopeClosedException if the scope is closed
     */
    public <P> void announce(Collection<? extends P> parents, Function<? super P, ? extends @Nullable K> keyOf) {
        List<Object> keys = new ArrayList<>(parents.size());
        for (P parent : parents) {
            K key = keyOf.apply(parent);
            if (key != null) {
                keys.add(admit(key));
            }
        }
        inScope("announce").onLane(this, lane -> keys.forEach(lane::announce));
    }

    /**
     * Tells the scope which keys will be asked for one after another.
     *
     * @param keys none of them null
     * @throws IllegalStateException outside a scope
     * @throws ScopeClosedException if the scope is closed
     */
    public void announce(Collection<? extends K> keys) {
        announce(keys, Function.identity());
    }

    /**
     * Gives the scope a value that is known already, in place of what it may know. A batch under way does not replace it.
     *
     * @param key not null
     * @param value the value; null if the source is known not to have one
     * @throws IllegalStateException outside a scope, where nothing is remembered
     * @throws ScopeClosedException if the scope is closed
     */
    public void prime(K key, @Nullable V value) {
        Object admitted = admit(key);
        inScope("prime").onLane(this, lane -> lane.prime(admitted, value == null ? Entry.ABSENT : value));
    }

    /**
     * Has the scope forget a key, after a write for instance. The next load asks the source; a batch that is under way answers
     * those who asked before, and is not remembered. Does nothing outside a scope.
     *
     * @param key not null
     */
    public void clear(K key) {
        Object admitted = admit(key);
        BatchScope scope = scope();
        if (scope != null) {
            scope.dispatcher().onLane(this, lane -> lane.forget(admitted));
        }
    }

    /** Has the scope forget all keys of this loader; see {@link #clear}. Does nothing outside a scope. */
    public void clearAll() {
        BatchScope scope = scope();
        if (scope != null) {
            scope.dispatcher().onLane(this, Lane::forgetAll);
        }
    }

    /**
     * The name of this loader.
     *
     * @return as it was given to the builder
     */
    public String name() {
        return settings.name;
    }

    /**
     * What was counted since the loader was made, in all scopes.
     *
     * @return a snapshot
     */
    public BatchStats stats() {
        return counters.stats();
    }

    /**
     * The counters as Micrometer wants them; listed in {@code docs/metrics.md}.
     *
     * @return binds them to a registry
     */
    public MeterBinder metrics() {
        return new LoaderMetrics(settings.name, counters);
    }

    @Override
    public String toString() {
        return "BatchLoader[" + settings.name + "]";
    }

    // ---- For the package.

    BatchLoaderBuilder<K, V> settings() {
        return settings;
    }

    Counters counters() {
        return counters;
    }

    K normalize(K key) {
        return settings.keyNormalizer == null
                ? key
                : Objects.requireNonNull(settings.keyNormalizer.apply(key), "keyNormalizer returned null");
    }

    /** The key as it is queued. */
    @SuppressWarnings("unchecked") // the key type, if known, has been checked
    Object admit(@Nullable Object key) {
        if (key == null) {
            throw new NullPointerException(
                    "a key of loader '" + settings.name + "' is null: filter nulls before loading");
        }
        if (settings.keyType != null && !settings.keyType.isInstance(key)) {
            throw new ClassCastException("key " + Keys.show(key) + " of loader '" + settings.name + "' is a "
                    + key.getClass().getName() + ", not a " + settings.keyType.getName()
                    + ": convert it where it is asked for");
        }
        return normalize((K) key);
    }

    private Dispatcher inScope(String action) {
        BatchScope scope = scope();
        if (scope == null) {
            throw new IllegalStateException("loader '" + settings.name + "': " + action
                    + " outside a scope, where nothing is remembered: open a BatchScope around it");
        }
        return scope.dispatcher();
    }

    private static @Nullable BatchScope scope() {
        Binding binding = Binding.current();
        return binding == null ? null : binding.scope;
    }

    private Dispatcher dispatcher() {
        Binding binding = Binding.current();
        if (binding != null && binding.scope != null) {
            Dispatcher dispatcher = binding.scope.dispatcher();
            if (dispatcher.isClosed() && binding.participant == null) {
                binding.pop(); // closed by another thread; this one hears of it once and is free then
                throw new ScopeClosedException("the scope of this thread was closed by another one: a load of '"
                        + settings.name + "' came too late; close a scope on the thread that opened it");
            }
            return dispatcher;
        }
        // A batch function outside a scope hands its context on to the loads it makes itself.
        BatchContext context = binding != null
                ? binding.dispatcher.context
                : Objects.requireNonNull(settings.ambient.get(), "ambient supplied null");
        if (context.equals(BatchContext.empty())) {
            return unscoped;
        }
        while (true) {
            Dispatcher dispatcher = unscopedByContext.computeIfAbsent(context, Dispatcher::unscoped);
            if (dispatcher.retain()) {
                return dispatcher;
            }
            unscopedByContext.remove(context, dispatcher);
        }
    }

    /** A context may be that of one request, so what nobody uses any more goes. */
    private void release(Dispatcher dispatcher) {
        if (dispatcher.groupCommit && dispatcher != unscoped && dispatcher.release()) {
            unscopedByContext.remove(dispatcher.context, dispatcher);
        }
    }

    @SuppressWarnings("unchecked") // the function of this loader returned it
    private @Nullable V value(Object outcome) {
        if (outcome == Entry.ABSENT) {
            return null;
        }
        if (outcome instanceof Entry.Failure failure) {
            throw failure.here();
        }
        return (V) outcome;
    }
}
