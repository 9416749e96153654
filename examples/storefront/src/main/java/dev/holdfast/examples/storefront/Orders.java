package dev.holdfast.examples.storefront;

import static dev.holdfast.examples.storefront.Schema.*;
import static org.jooq.Records.mapping;
import static org.jooq.impl.DSL.any;
import static org.jooq.impl.DSL.coalesce;
import static org.jooq.impl.DSL.countDistinct;
import static org.jooq.impl.DSL.inline;
import static org.jooq.impl.DSL.sum;

import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.impl.DSL;

/** Counts and sums over orders, computed by the database. */
final class Orders {
    private static final Field<Long> PIECES =
            coalesce(sum(ITEM_QUANTITY), inline(0)).cast(Long.class);
    private static final Field<Long> REVENUE =
            coalesce(sum(ITEM_PRICE.times(ITEM_QUANTITY)), inline(0)).cast(Long.class);

    private final DSLContext sql;

    Orders(DSLContext sql) {
        this.sql = sql;
    }

    /** How many orders a user has; one statement. */
    long count(long userId) {
        return sql.selectCount()
                .from(ORDERS)
                .where(ORDER_USER.eq(userId))
                .fetchSingle()
                .value1();
    }

    /** How many orders each of some users has; one statement. */
    Map<Long, Long> counts(Collection<Long> userIds) {
        Map<Long, Long> counts = new HashMap<>();
        userIds.forEach(user -> counts.put(user, 0L));
        sql.select(ORDER_USER, DSL.count().cast(Long.class))
                .from(ORDERS)
                .where(ORDER_USER.eq(any(userIds.toArray(Long[]::new))))
                .groupBy(ORDER_USER)
                .forEach(row -> counts.put(row.value1(), row.value2()));
        return counts;
    }

    /** The summary of a day; two statements. */
    DaySummary summary(LocalDate day) {
        OffsetDateTime start = day.atStartOfDay().atOffset(ZoneOffset.UTC);
        Condition thatDay = ORDER_PLACED.ge(start).and(ORDER_PLACED.lt(start.plusDays(1)));
        List<DaySummary.BrandSales> top = sql.select(BRAND_ID, BRAND_NAME, PIECES, REVENUE)
                .from(ORDERS)
                .join(ITEMS)
                .on(ITEM_ORDER.eq(ORDER_ID))
                .join(PRODUCTS)
                .on(PRODUCT_ID.eq(ITEM_PRODUCT))
                .join(BRANDS)
                .on(BRAND_ID.eq(PRODUCT_BRAND))
                .where(thatDay)
                .groupBy(BRAND_ID, BRAND_NAME)
                .orderBy(REVENUE.desc(), BRAND_ID)
                .limit(DaySummary.TOP)
                .fetch(mapping(DaySummary.BrandSales::new));
        return sql.select(countDistinct(ORDER_ID).cast(Long.class), PIECES, REVENUE)
                .from(ORDERS)
                .join(ITEMS)
                .on(ITEM_ORDER.eq(ORDER_ID))
                .where(thatDay)
                .fetchSingle(mapping(
                        (orders, pieces, revenue) -> new DaySummary(day.toString(), orders, pieces, revenue, top)));
    }
}
