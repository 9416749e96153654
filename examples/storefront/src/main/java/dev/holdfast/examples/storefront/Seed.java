package dev.holdfast.examples.storefront;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

/**
 * Fills an empty database. The same scale always gives the same rows: popularity and prices are arithmetic on the
 * numbers, not chance.
 */
final class Seed {
    private record Step(String what, int rows, List<String> statements) {}

    private final Scale scale;
    private final Progress progress;

    Seed(Scale scale, Progress progress) {
        this.scale = scale;
        this.progress = progress;
    }

    /** Creates tables, rows and indexes through an auto-committing connection. */
    void into(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (Step step : steps()) {
                long start = System.nanoTime();
                for (String sql : step.statements) {
                    statement.execute(sql);
                }
                progress.done(step.what, step.rows, start);
            }
        }
    }

    private List<Step> steps() {
        return List.of(
                new Step("brands", scale.brands(), List.of(BRANDS.formatted(scale.brands()))),
                new Step(
                        "products",
                        scale.products(),
                        List.of(PRODUCTS.formatted(scale.brands(), PRICE, scale.products()))),
                new Step("users", scale.users(), List.of(USERS.formatted(scale.users()))),
                new Step(
                        "orders",
                        scale.orders(),
                        List.of(ORDERS.formatted(scale.users(), Scale.FIRST_DAY, Scale.DAYS, scale.orders()))),
                new Step(
                        "orders' items",
                        0,
                        List.of(ITEMS.formatted(PRICE, Scale.SPREAD, scale.products(), scale.orders()))),
                new Step("keys, indexes, vacuum", 0, INDEXES));
    }

    /** Price in cents of product {@code i}. */
    private static final String PRICE = "199 + i * 7919 % 20000";

    private static final String BRANDS = """
            create table brands (id bigint not null, name text not null, country text not null);
            insert into brands
            select i, 'Brand ' || i, (array['DE','FR','IT','ES','PL','SE','PT','NL'])[1 + i %% 8]
            from generate_series(1, %d) i
            """;

    private static final String PRODUCTS = """
            create table products (id bigint not null, brand_id bigint not null, name text not null,
              description text not null, price_cents bigint not null, stock int not null,
              version bigint not null default 1);
            insert into products
            select i, 1 + i %% %d,
              (array['Linen','Oak','Walnut','Cotton','Wool','Steel','Leather','Cork'])[1 + i %% 8] || ' '
                || (array['shirt','chair','table','lamp','coat','shelf','bag'])[1 + i %% 7] || ' no. ' || i,
              'Made to last: materials that age well, parts that can be replaced, and a maker who answers letters. '
                || 'Delivered in two to four working days; returns are free for thirty days. Article ' || i || '.',
              %s, i * 131 %% 500
            from generate_series(1::bigint, %d) i
            """;

    private static final String USERS = """
            create table users (id bigint not null, name text not null, email text not null);
            insert into users select i, 'User ' || i, 'user' || i || '@shop.example' from generate_series(1, %d) i
            """;

    private static final String ORDERS = """
            create table orders (id bigint not null, user_id bigint not null, placed_at timestamptz not null,
              status text not null);
            insert into orders
            select i, 1 + i * 2654435761 %% 1000003 %% %d,
              timestamptz '%sT00:00:00Z' + interval '%d days' * ((i - 1)::float8 / n),
              (array['paid','packed','shipped','delivered','returned'])[1 + i %% 5]
            from (select %d::bigint as n) scale, generate_series(1::bigint, n) i
            """;

    /** 2 to 4 lines an order, 2.5 on average; products by Zipf's law, as the visitors look at them. */
    private static final String ITEMS = """
            create table order_items (order_id bigint not null, line int not null, product_id bigint not null,
              quantity int not null, unit_price_cents bigint not null);
            insert into order_items
            select o, line, i, 1 + (o + line) %% 3, %s
            from (
              select o, line,
                1 + (floor(power(n::float8, ((o * 2654435761 + line * 40503) %% 1000003) / 1000003.0))::bigint - 1)
                  * %d %% n as i
              from (select %d::bigint as n) scale, generate_series(1::bigint, %d) o,
                generate_series(1, case when o %% 10 < 6 then 2 when o %% 10 < 9 then 3 else 4 end) line
            ) lines
            """;

    private static final List<String> INDEXES = List.of(
            "alter table brands add primary key (id)",
            "alter table products add primary key (id), add foreign key (brand_id) references brands",
            "alter table users add primary key (id)",
            "alter table orders add primary key (id), add foreign key (user_id) references users",
            "alter table order_items add primary key (order_id, line), add foreign key (order_id) references orders,"
                    + " add foreign key (product_id) references products",
            "create index orders_of_user on orders (user_id, placed_at desc, id desc)",
            "create index orders_of_day on orders (placed_at)",
            "vacuum analyze");
}
