package dev.holdfast.examples.storefront;

import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.TieredCacheBuilder;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jooq.DSLContext;

/**
 * The caches of the shop, each with the lifetime that its kind of data bears.
 *
 * @param products by number; dropped when the price changes
 * @param brands by number
 * @param orderCounts orders of a user, by the user's number
 * @param summaries by ISO-8601 date
 */
record ShopCaches(
        TieredCache<Long, Product> products,
        TieredCache<Long, Brand> brands,
        TieredCache<Long, Long> orderCounts,
        TieredCache<String, DaySummary> summaries)
        implements AutoCloseable {
    private static final int WARM_BATCH = 100;

    /** What one read may spend on Redis before it asks the database. */
    private static final Duration REDIS_BUDGET = Duration.ofMillis(250);

    /**
     * Opens the caches.
     *
     * @param sql where they load from
     * @param link the second tier
     */
    static ShopCaches open(DSLContext sql, RedisLink link) {
        Catalog catalog = new Catalog(sql);
        Orders orders = new Orders(sql);
        return new ShopCaches(
                ShopCaches.<Long, Product>builder("product", link, Product.class)
                        .maximumSize(10_000)
                        .timeToLive(Duration.ofHours(2))
                        .loader(id -> catalog.product(id).orElse(null))
                        .bulkLoader(catalog::products)
                        .build(),
                ShopCaches.<Long, Brand>builder("brand", link, Brand.class)
                        .maximumSize(5_000)
                        .timeToLive(Duration.ofHours(1))
                        .loader(id -> catalog.brand(id).orElse(null))
                        .bulkLoader(catalog::brands)
                        .build(),
                ShopCaches.<Long, Long>builder("order-count", link, Long.class)
                        .maximumSize(10_000)
                        .timeToLive(Duration.ofMinutes(5))
                        .loader(orders::count)
                        .bulkLoader(orders::counts)
                        .build(),
                ShopCaches.<String, DaySummary>builder("day-summary", link, DaySummary.class)
                        .maximumSize(Scale.DAYS)
                        .timeToLive(Duration.ofMinutes(5))
                        .loader(day -> orders.summary(LocalDate.parse(day)))
                        .build());
    }

    private static <K, V> TieredCacheBuilder<K, V> builder(String name, RedisLink link, Class<V> type) {
        return TieredCache.<K, V>builder(name)
                .redis(link)
                .codec(JsonCodec.of(type))
                .jitter(0.1)
                .tier2Timeout(REDIS_BUDGET);
    }

    /**
     * Reads in bulk what will be asked for, the most popular last, so that Redis holds all of it and this process what is
     * asked for most.
     */
    void warm(Scale scale, Progress progress) {
        warm(brands, LongStream.rangeClosed(1, scale.brands()), progress);
        warm(orderCounts, LongStream.iterate(scale.users(), user -> user > 0, user -> user - 1), progress);
        warm(
                products,
                IntStream.iterate(scale.products() - 1, rank -> rank >= 0, rank -> rank - 1)
                        .mapToLong(scale::productOfRank),
                progress);
    }

    private static void warm(TieredCache<Long, ?> cache, LongStream keys, Progress progress) {
        long start = System.nanoTime();
        List<Long> all = keys.boxed().toList();
        for (int from = 0; from < all.size(); from += WARM_BATCH) {
            cache.getAll(all.subList(from, Math.min(from + WARM_BATCH, all.size())));
        }
        progress.done(cache.name(), all.size(), start);
    }

    List<TieredCache<?, ?>> all() {
        return List.of(products, brands, orderCounts, summaries);
    }

    /** Hits and loads of all caches together, since they were opened. */
    TierHits hits() {
        TierHits sum = TierHits.NONE;
        for (TieredCache<?, ?> cache : all()) {
            CacheStats stats = cache.stats();
            sum = sum.plus(new TierHits(stats.tier1Hits(), stats.tier2Hits(), stats.misses()));
        }
        return sum;
    }

    @Override
    public void close() {
        all().forEach(TieredCache::close);
    }
}
