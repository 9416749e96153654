package dev.holdfast.benchmarks.floor;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.holdfast.benchmarks.Work;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Raw Caffeine, bounded and with {@code expireAfterWrite}, holding all items. */
public final class CaffeineFloor implements ItemReader {

    /** How long entries live; no benchmark lasts as long. */
    public static final Duration TIME_TO_LIVE = Duration.ofHours(2);

    private final Items items;
    private final Cache<Long, Item> cache;

    /** Builds and fills it. */
    public CaffeineFloor(Items items) {
        this.items = items;
        cache = Caffeine.newBuilder()
                .maximumSize(Items.MAXIMUM_SIZE)
                .expireAfterWrite(TIME_TO_LIVE)
                .build();
        for (int i = 0; i < Items.COUNT; i++) {
            Long key = items.key(i);
            cache.put(key, items.item(key));
        }
        cache.cleanUp();
    }

    @Override
    public Item get(Long key) {
        return cache.getIfPresent(key);
    }

    @Override
    public Map<Long, Item> getAll(List<Long> keys) {
        return cache.getAllPresent(keys);
    }

    /** Looks items up; the digest is the number found. */
    public Work hits() {
        return (first, operations) -> {
            long found = 0;
            for (long n = first; n < first + operations; n++) {
                if (cache.getIfPresent(items.lookup(n)) != null) {
                    found++;
                }
            }
            return found;
        };
    }
}
