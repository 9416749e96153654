package dev.holdfast.examples.storefront;

import static dev.holdfast.examples.storefront.Schema.*;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.Table;

/**
 * Through two-tier caches where data is read more often than written, and one statement for a set of rows where it is
 * read from the database.
 */
final class HoldfastShop implements Shop {
    private final DSLContext sql;
    private final Catalog catalog;
    private final ShopCaches caches;

    HoldfastShop(DSLContext sql, ShopCaches caches) {
        this.sql = sql;
        this.catalog = new Catalog(sql);
        this.caches = caches;
    }

    @Override
    public Optional<ProductPage> product(long productId) {
        return Optional.ofNullable(caches.products().get(productId))
                .map(product -> new ProductPage(product, caches.brands().get(product.brandId())));
    }

    /** The orders themselves are always read afresh; how many there are, products and brands come from the caches. */
    @Override
    public OrderPage orders(long userId, int page) {
        Result<? extends Record> rows = orderRows(userId, page);
        Map<Long, Product> products = caches.products().getAll(new HashSet<>(rows.getValues(ITEM_PRODUCT)));
        Set<Long> brandIds = products.values().stream().map(Product::brandId).collect(Collectors.toSet());
        Map<Long, Brand> brands = caches.brands().getAll(brandIds);

        List<OrderPage.Order> orders = new ArrayList<>();
        rows.intoGroups(ORDER_ID).forEach((id, lines) -> {
            Record first = lines.get(0);
            orders.add(new OrderPage.Order(
                    id,
                    first.get(ORDER_PLACED).toInstant().toString(),
                    first.get(ORDER_STATUS),
                    lines.map(line -> line(line, products, brands))));
        });
        return new OrderPage(userId, page, PAGE_SIZE, caches.orderCounts().get(userId), orders);
    }

    private Result<? extends Record> orderRows(long userId, int page) {
        Table<?> onPage = sql.select(ORDER_ID, ORDER_PLACED, ORDER_STATUS)
                .from(ORDERS)
                .where(ORDER_USER.eq(userId))
                .orderBy(ORDER_PLACED.desc(), ORDER_ID.desc())
                .limit(PAGE_SIZE)
                .offset((page - 1L) * PAGE_SIZE)
                .asTable("orders");
        return sql.select(ORDER_ID, ORDER_PLACED, ORDER_STATUS, ITEM_LINE, ITEM_PRODUCT, ITEM_QUANTITY, ITEM_PRICE)
                .from(onPage)
                .join(ITEMS)
                .on(ITEM_ORDER.eq(ORDER_ID))
                .orderBy(ORDER_PLACED.desc(), ORDER_ID.desc(), ITEM_LINE)
                .fetch();
    }

    private static OrderPage.Line line(Record item, Map<Long, Product> products, Map<Long, Brand> brands) {
        Product product = products.get(item.get(ITEM_PRODUCT));
        return new OrderPage.Line(
                item.get(ITEM_LINE),
                product.id(),
                product.name(),
                brands.get(product.brandId()).name(),
                item.get(ITEM_QUANTITY),
                item.get(ITEM_PRICE));
    }

    @Override
    public DaySummary summary(LocalDate day) {
        return caches.summaries().get(day.toString());
    }

    @Override
    public Optional<Product> changePrice(long productId, long priceCents) {
        Optional<Product> changed = catalog.changePrice(productId, priceCents);
        changed.ifPresent(product -> productChanged(product.id()));
        return changed;
    }

    /** Drops a product from the caches of every node; called after the change is committed. */
    void productChanged(long productId) {
        caches.products().invalidate(productId);
    }
}
