package dev.holdfast.examples.storefront;

import dev.holdfast.cache.CacheStats;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
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
                TieredCache.<Long, Product>builder("product")
                        .redis(link)
                        .codec(JsonCodec.of(Product.class))
                        .maximumSize(10_000)
                        .timeToLive(Duration.ofHours(2))
                        .jitter(0.1)
                        .loader(id -> catalog.product(id).orElse(null))
                        .bulkLoader(catalog::products)
                        .build(),
                TieredCache.<Long, Brand>builder("brand")
                        .redis(link)
                        .codec(JsonCodec.of(Brand.class))
                        .maximumSize(2_000)
                        .timeToLive(Duration.ofHours(1))
                        .jitter(0.1)
                        .loader(id -> catalog.brand(id).orElse(null))
                        .bulkLoader(catalog::brands)
                        .build(),
                TieredCache.<Long, Long>builder("order-count")
                        .redis(link)
                        .codec(JsonCodec.of(Long.class))
                        .maximumSize(10_000)
                        .timeToLive(Duration.ofMinutes(5))
                        .jitter(0.1)
                        .loader(orders::count)
                        .build(),
                TieredCache.<String, DaySummary>builder("day-summary")
                        .redis(link)
                        .codec(JsonCodec.of(DaySummary.class))
                        .maximumSize(Scale.DAYS)
                        .timeToLive(Duration.ofMinutes(5))
                        .jitter(0.1)
                        .loader(day -> orders.summary(LocalDate.parse(day)))
                        .build());
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
