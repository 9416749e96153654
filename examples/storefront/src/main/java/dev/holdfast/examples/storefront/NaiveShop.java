package dev.holdfast.examples.storefront;

import static dev.holdfast.examples.storefront.Schema.*;
import static org.jooq.impl.DSL.any;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.Result;

/**
 * Straight to the database, as an object mapper with lazy associations does it: one statement for the list and then one
 * for every row it leads to, and summaries counted in memory.
 */
final class NaiveShop implements Shop {
    private final DSLContext sql;
    private final Catalog catalog;
    private final LongConsumer productChanged;

    /**
     * Uses a database.
     *
     * @param sql where the data is
     * @param productChanged told the product of every committed change, since others cache what this shop changes
     */
    NaiveShop(DSLContext sql, LongConsumer productChanged) {
        this.sql = sql;
        this.catalog = new Catalog(sql);
        this.productChanged = productChanged;
    }

    @Override
    public Optional<ProductPage> product(long productId) {
        return catalog.product(productId).map(product -> new ProductPage(product, brand(product.brandId())));
    }

    @Override
    public OrderPage orders(long userId, int page) {
        long total = sql.selectCount()
                .from(ORDERS)
                .where(ORDER_USER.eq(userId))
                .fetchSingle()
                .value1();
        List<OrderPage.Order> orders = new ArrayList<>();
        for (Record order : sql.select(ORDER_ID, ORDER_PLACED, ORDER_STATUS)
                .from(ORDERS)
                .where(ORDER_USER.eq(userId))
                .orderBy(ORDER_PLACED.desc(), ORDER_ID.desc())
                .limit(PAGE_SIZE)
                .offset((page - 1L) * PAGE_SIZE)
                .fetch()) {
            long id = order.get(ORDER_ID);
            orders.add(new OrderPage.Order(
                    id, order.get(ORDER_PLACED).toInstant().toString(), order.get(ORDER_STATUS), lines(id)));
        }
        return new OrderPage(userId, page, PAGE_SIZE, total, orders);
    }

    private List<OrderPage.Line> lines(long orderId) {
        List<OrderPage.Line> lines = new ArrayList<>();
        for (Record item : sql.select(ITEM_LINE, ITEM_PRODUCT, ITEM_QUANTITY, ITEM_PRICE)
                .from(ITEMS)
                .where(ITEM_ORDER.eq(orderId))
                .orderBy(ITEM_LINE)
                .fetch()) {
            Product product = catalog.product(item.get(ITEM_PRODUCT)).orElseThrow();
            lines.add(new OrderPage.Line(
                    item.get(ITEM_LINE),
                    product.id(),
                    product.name(),
                    brand(product.brandId()).name(),
                    item.get(ITEM_QUANTITY),
                    item.get(ITEM_PRICE)));
        }
        return lines;
    }

    @Override
    public DaySummary summary(LocalDate day) {
        OffsetDateTime start = day.atStartOfDay().atOffset(ZoneOffset.UTC);
        List<Long> orders = sql.select(ORDER_ID, ORDER_USER, ORDER_PLACED, ORDER_STATUS)
                .from(ORDERS)
                .where(ORDER_PLACED.ge(start).and(ORDER_PLACED.lt(start.plusDays(1))))
                .fetch(ORDER_ID);
        Result<? extends Record> items = sql.select(ITEM_ORDER, ITEM_LINE, ITEM_PRODUCT, ITEM_QUANTITY, ITEM_PRICE)
                .from(ITEMS)
                .where(ITEM_ORDER.eq(any(orders.toArray(Long[]::new))))
                .fetch();
        Map<Long, Product> products = catalog.products(items.getValues(ITEM_PRODUCT));
        Map<Long, Brand> brands =
                catalog.allBrands().stream().collect(Collectors.toMap(Brand::id, Function.identity()));

        long quantity = 0;
        long revenue = 0;
        Map<Long, DaySummary.BrandSales> sales = new HashMap<>();
        for (Record item : items) {
            int pieces = item.get(ITEM_QUANTITY);
            long paid = pieces * item.get(ITEM_PRICE);
            quantity += pieces;
            revenue += paid;
            Brand brand = brands.get(products.get(item.get(ITEM_PRODUCT)).brandId());
            sales.merge(
                    brand.id(),
                    new DaySummary.BrandSales(brand.id(), brand.name(), pieces, paid),
                    (a, b) -> new DaySummary.BrandSales(
                            a.brandId(), a.brandName(), a.items() + b.items(), a.revenueCents() + b.revenueCents()));
        }
        List<DaySummary.BrandSales> top = sales.values().stream()
                .sorted(Comparator.comparingLong(DaySummary.BrandSales::revenueCents)
                        .reversed()
                        .thenComparingLong(DaySummary.BrandSales::brandId))
                .limit(DaySummary.TOP)
                .toList();
        return new DaySummary(day.toString(), orders.size(), quantity, revenue, top);
    }

    @Override
    public Optional<Product> changePrice(long productId, long priceCents) {
        Optional<Product> changed = catalog.changePrice(productId, priceCents);
        changed.ifPresent(product -> productChanged.accept(product.id()));
        return changed;
    }

    private Brand brand(long id) {
        return catalog.brand(id).orElseThrow();
    }
}
