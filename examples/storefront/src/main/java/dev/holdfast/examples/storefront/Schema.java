package dev.holdfast.examples.storefront;

import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import java.time.OffsetDateTime;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Table;

/** The tables and columns of the shop, for jOOQ; {@link Seed} creates them. */
final class Schema {
    static final Table<Record> BRANDS = table(name("brands"));
    static final Field<Long> BRAND_ID = field(name("brands", "id"), Long.class);
    static final Field<String> BRAND_NAME = field(name("brands", "name"), String.class);
    static final Field<String> BRAND_COUNTRY = field(name("brands", "country"), String.class);

    static final Table<Record> PRODUCTS = table(name("products"));
    static final Field<Long> PRODUCT_ID = field(name("products", "id"), Long.class);
    static final Field<Long> PRODUCT_BRAND = field(name("products", "brand_id"), Long.class);
    static final Field<String> PRODUCT_NAME = field(name("products", "name"), String.class);
    static final Field<String> PRODUCT_DESCRIPTION = field(name("products", "description"), String.class);
    static final Field<Long> PRODUCT_PRICE = field(name("products", "price_cents"), Long.class);
    static final Field<Integer> PRODUCT_STOCK = field(name("products", "stock"), Integer.class);
    static final Field<Long> PRODUCT_VERSION = field(name("products", "version"), Long.class);

    static final Table<Record> ORDERS = table(name("orders"));
    static final Field<Long> ORDER_ID = field(name("orders", "id"), Long.class);
    static final Field<Long> ORDER_USER = field(name("orders", "user_id"), Long.class);
    static final Field<OffsetDateTime> ORDER_PLACED = field(name("orders", "placed_at"), OffsetDateTime.class);
    static final Field<String> ORDER_STATUS = field(name("orders", "status"), String.class);

    static final Table<Record> ITEMS = table(name("order_items"));
    static final Field<Long> ITEM_ORDER = field(name("order_items", "order_id"), Long.class);
    static final Field<Integer> ITEM_LINE = field(name("order_items", "line"), Integer.class);
    static final Field<Long> ITEM_PRODUCT = field(name("order_items", "product_id"), Long.class);
    static final Field<Integer> ITEM_QUANTITY = field(name("order_items", "quantity"), Integer.class);
    static final Field<Long> ITEM_PRICE = field(name("order_items", "unit_price_cents"), Long.class);

    private Schema() {}
}
