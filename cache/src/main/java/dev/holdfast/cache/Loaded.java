package dev.holdfast.cache;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a loader found, with options for this one entry; immutable.
 *
 * @param <V> the value type
 */
public final class Loaded<V> {
    private static final Loaded<?> ABSENT = new Loaded<>(null, null, null, true);

    private final @Nullable V value;
    private final @Nullable Duration timeToLive;
    private final @Nullable Set<String> tags;
    private final boolean cached;

    private Loaded(@Nullable V value, @Nullable Duration timeToLive, @Nullable Set<String> tags, boolean cached) {
        this.value = value;
        this.timeToLive = timeToLive;
        this.tags = tags;
        this.cached = cached;
    }

    /**
     * A value under the cache's own settings.
     *
     * @param value the value
     * @param <V> the value type
     * @return what was found
     */
    public static <V> Loaded<V> of(V value) {
        return new Loaded<>(Objects.requireNonNull(value, "value: use Loaded.absent() for none"), null, null, true);
    }

    /**
     * The source has no value.
     *
     * @param <V> the value type
     * @return nothing
     */
    @SuppressWarnings("unchecked") // It holds no value of any type.
    public static <V> Loaded<V> absent() {
        return (Loaded<V>) ABSENT;
    }

    /**
     * The same with a life of its own.
     *
     * @param timeToLive at least 1 ms, at most the cache's {@code maximumTimeToLive}; the cache's jitter shortens it
     * @return a copy
     */
    public Loaded<V> timeToLive(Duration timeToLive) {
        return new Loaded<>(value, Objects.requireNonNull(timeToLive, "timeToLive"), tags, cached);
    }

    /**
     * The same with tags of its own, in addition to those of the cache's {@code tags} function.
     *
     * @param tags what {@link TieredCache#invalidateTag} may name
     * @return a copy
     */
    public Loaded<V> tags(Collection<String> tags) {
        return new Loaded<>(value, timeToLive, Set.copyOf(tags), cached);
    }

    /**
     * The same with tags of its own.
     *
     * @param tags what {@link TieredCache#invalidateTag} may name
     * @return a copy
     */
    public Loaded<V> tags(String... tags) {
        return tags(List.of(tags)); // Set.of(...) would refuse a tag given twice.
    }

    /**
     * The same, for the callers that asked only: stored in neither tier.
     *
     * @return a copy
     */
    public Loaded<V> uncached() {
        return new Loaded<>(value, timeToLive, tags, false);
    }

    @Nullable
    V value() {
        return value;
    }

    @Nullable
    Duration timeToLive() {
        return timeToLive;
    }

    Set<String> tags() {
        return tags == null ? Set.of() : tags;
    }

    boolean cached() {
        return cached;
    }
}
