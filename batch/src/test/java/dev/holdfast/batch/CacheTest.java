package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.redis.RedisLink;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A loader behind a cache and a cache behind a loader, neither of which knows the other. */
class CacheTest {
    private final CountingSource<Long, String> source = CountingSource.users();

    @Test
    void loader_isTheCachesLoaderAndBulkLoader() {
        BatchLoader<Long, String> users =
                BatchLoader.builder("user", source).withoutCache().build();
        try (TieredCache<Long, String> cache = TieredCache.<Long, String>builder("user")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .loader(users::load)
                .bulkLoader(users::loadAll)
                .build()) {
            assertThat(cache.getAll(List.of(1L, -1L, 2L))).isEqualTo(Map.of(1L, "user 1", 2L, "user 2"));
            assertThat(source.sizes()).containsExactly(3);
            try (BatchScope scope = BatchScope.open()) {
                assertThat(scope.mapAll(List.of(1L, 3L, 4L, 5L), cache::get))
                        .containsExactly("user 1", "user 3", "user 4", "user 5");
                assertThat(source.sizes()).containsExactly(3, 3);
                cache.invalidate(3L);
                assertThat(cache.get(3L)).isEqualTo("user 3");
            }
            assertThat(source.sizes()).containsExactly(3, 3, 1);
        }
    }

    @Test
    void cache_isALoadersSource() {
        try (TieredCache<Long, String> cache = TieredCache.<Long, String>builder("user")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .loader(id -> source.load(java.util.Set.of(id), null).get(id))
                .bulkLoader(ids -> source.load(ids, null))
                .build()) {
            BatchLoader<Long, String> users = BatchLoader.mapped("user", (keys, call) -> cache.getAll(keys));
            try (BatchScope scope = BatchScope.open()) {
                assertThat(scope.mapAll(List.of(1L, 2L, 3L), users::load))
                        .containsExactly("user 1", "user 2", "user 3");
            }
            assertThat(source.sizes()).containsExactly(3);
        }
    }
}
