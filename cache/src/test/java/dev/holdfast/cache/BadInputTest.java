package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is refused for the call that brings it, and leaves the cache and everybody else alone. */
class BadInputTest {
    private final AtomicInteger loads = new AtomicInteger();

    private TieredCacheBuilder<Long, String> builder() {
        return TieredCache.<Long, String>builder("bad")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .retryAfter(Duration.ZERO)
                .loader(key -> "v" + loads.incrementAndGet());
    }

    @Test
    @SuppressWarnings("FutureReturnValueIgnored") // There is none: the calls throw.
    void nullsAmongMany_areNamed_beforeAnythingIsDone() {
        List<Long> keys = Arrays.asList(1L, null);
        Map<Long, String> nullKey = Collections.singletonMap(null, "v");
        Map<Long, String> nullValue = new HashMap<>(Map.of(1L, "v"));
        nullValue.put(2L, null);
        try (TieredCache<Long, String> cache = builder().build()) {
            AsyncTieredCache<Long, String> async = cache.async();
            for (Runnable call : List.<Runnable>of(
                    () -> cache.getAll(keys),
                    () -> cache.invalidateAll(keys),
                    () -> cache.putAll(nullKey),
                    () -> cache.getIfPresent(null),
                    () -> cache.expire(null),
                    () -> async.get(null),
                    () -> async.getAll(keys),
                    () -> async.invalidateAll(keys),
                    () -> async.putAll(nullKey))) {
                assertThatNullPointerException().isThrownBy(call::run).withMessage("key");
            }
            assertThatNullPointerException()
                    .isThrownBy(() -> cache.putAll(nullValue))
                    .withMessageContaining("value");
            assertThatNullPointerException()
                    .isThrownBy(() -> async.put(1L, null))
                    .withMessageContaining("value");
            assertThatNullPointerException()
                    .isThrownBy(() -> cache.get(1L, null))
                    .withMessage("loader");
            assertThatNullPointerException()
                    .isThrownBy(() -> cache.update(1L, null))
                    .withMessage("writer");
            assertThatNullPointerException()
                    .isThrownBy(() -> cache.invalidatePrefix(null))
                    .withMessage("prefix");
            assertThatThrownBy(() -> cache.invalidateTags(Arrays.asList("t", null)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tag null");
            assertThatThrownBy(() -> cache.invalidateTag(null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tag null");
            assertThatThrownBy(() -> cache.expireTag(null))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("tag null");
            assertThat(loads).hasValue(0);
            assertThat(cache.asMap()).isEmpty();
        }
    }

    @Test
    void getAllInTheFuture_withANullKeyAndAnAsynchronousLoader_asksForNothing() {
        try (TieredCache<Long, String> cache = TieredCache.<Long, String>builder("bad")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .asyncLoader(key -> {
                    loads.incrementAndGet();
                    return CompletableFuture.completedFuture("v");
                })
                .build()) {
            assertThatNullPointerException()
                    .isThrownBy(() -> cache.async().getAll(Arrays.asList(1L, null)))
                    .withMessage("key");
            assertThat(loads).hasValue(0);
        }
    }

    @Test
    void tagsThatAreNullOrTooLong_areAnErrorOfTheirLoad() {
        Set<String> holdsNull = Collections.singleton(null);
        for (Set<String> tags : Arrays.asList(null, holdsNull, Set.of("x".repeat(257)))) {
            try (TieredCache<Long, String> cache = builder().tags(value -> tags).build()) {
                assertThatThrownBy(() -> cache.get(1L))
                        .isInstanceOf(CacheLoadException.class)
                        .hasMessageContaining("tag");
                assertThatThrownBy(() -> cache.async().get(1L).get(10, TimeUnit.SECONDS))
                        .hasCauseInstanceOf(CacheLoadException.class);
                assertThatThrownBy(() -> cache.getAll(List.of(1L, 2L))).isInstanceOf(CacheLoadException.class);
                assertThat(cache.asMap()).isEmpty();
            }
        }
    }

    @Test
    void loaderOfDetails_thatReturnsNullOrALifeOfZero_isAnErrorOfItsLoad() {
        try (TieredCache<Long, String> cache = builder()
                .detailedLoader(key -> key == 1 ? null : Loaded.of("v").timeToLive(Duration.ZERO))
                .build()) {
            assertThatThrownBy(() -> cache.get(1L))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("Loaded.absent()");
            assertThatThrownBy(() -> cache.get(2L))
                    .isInstanceOf(CacheLoadException.class)
                    .hasMessageContaining("timeToLive");
            assertThat(cache.asMap()).isEmpty();
        }
    }

    @Test
    void bulkLoader_thatReturnsNull_isAnErrorOfThatCall() {
        try (TieredCache<Long, String> cache = builder()
                .bulkLoader(keys -> loads.incrementAndGet() == 1 ? null : Map.of(1L, "v"))
                .build()) {
            assertThatThrownBy(() -> cache.getAll(List.of(1L))).isInstanceOf(CacheLoadException.class);
            assertThat(cache.getAll(List.of(1L))).containsEntry(1L, "v");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT0.0009S", "P366D"})
    void timeToLive_outOfBounds_isRefusedWithThem(Duration timeToLive) {
        assertThatThrownBy(() -> builder().timeToLive(timeToLive).build())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("timeToLive")
                .hasMessageContaining("is not within PT0.001S..PT8760H");
    }
}
