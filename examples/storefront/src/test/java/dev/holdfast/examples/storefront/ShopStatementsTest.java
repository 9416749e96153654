package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.LocalDate;
import java.util.function.Supplier;
import org.jooq.DSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many statements each page costs on each path; the caches are empty at the start of each test. */
class ShopStatementsTest {
    private static final long USER = 42;
    private static final long PRODUCT = 4711;
    private static final LocalDate DAY = Scale.lastDay();

    private static PostgresServer server;
    private static ShopDatabase database;

    private ShopCaches caches;
    private Shop naive;
    private Shop holdfast;

    @BeforeAll
    static void fillDatabase() throws Exception {
        server = PostgresServers.single();
        database = new ShopDatabase(server, new SimpleMeterRegistry());
        database.seed(Shops.SMALL, Progress.silent());
    }

    @AfterAll
    static void stop() {
        database.close();
        server.close();
    }

    @BeforeEach
    void open() {
        DSLContext sql = database.sql(ShopPath.HOLDFAST);
        caches = ShopCaches.open(sql, RedisLink.disabled());
        HoldfastShop cached = new HoldfastShop(sql, caches);
        holdfast = cached;
        naive = new NaiveShop(database.sql(ShopPath.NAIVE), cached::productChanged);
    }

    @AfterEach
    void close() {
        caches.close();
    }

    @Test
    void seed_fillsEveryTable_withTwoToFourLinesPerOrder() {
        DSLContext sql = database.sql(ShopPath.NAIVE);
        assertThat(sql.fetchCount(Schema.BRANDS)).isEqualTo(Shops.SMALL.brands());
        assertThat(sql.fetchCount(Schema.PRODUCTS)).isEqualTo(Shops.SMALL.products());
        assertThat(sql.fetchCount(Schema.ORDERS)).isEqualTo(Shops.SMALL.orders());
        assertThat(sql.fetchCount(Schema.ITEMS)).isEqualTo(Shops.SMALL.orders() * 5 / 2);
        assertThat(sql.fetchSingle(
                                "select min(n), max(n) from (select count(*) n from order_items group by order_id) c")
                        .intoArray())
                .containsExactly(2L, 4L);
        assertThat(sql.fetchSingle("select count(distinct user_id) from orders").get(0))
                .isEqualTo((long) Shops.SMALL.users());
    }

    @Test
    void product_naive_takesTwo() {
        assertThat(statements(ShopPath.NAIVE, () -> naive.product(PRODUCT))).isEqualTo(2);
        assertThat(statements(ShopPath.NAIVE, () -> naive.product(PRODUCT))).isEqualTo(2);
    }

    @Test
    void product_holdfast_takesTwoThenNone() {
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.product(PRODUCT)))
                .isEqualTo(2);
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.product(PRODUCT)))
                .isZero();
    }

    @Test
    void orders_naive_takesOneMorePerOrderAndTwoMorePerLine() {
        OrderPage page = naive.orders(USER, 1);
        int lines = page.orders().stream().mapToInt(o -> o.lines().size()).sum();
        assertThat(page.orders()).hasSize(Shop.PAGE_SIZE);
        assertThat(lines).isBetween(20, 40);
        assertThat(statements(ShopPath.NAIVE, () -> naive.orders(USER, 1)))
                .isEqualTo(2 + page.orders().size() + 2L * lines);
    }

    @Test
    void orders_holdfast_takesFourThenOne() {
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.orders(USER, 1)))
                .isEqualTo(4);
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.orders(USER, 1)))
                .isEqualTo(1);
    }

    @Test
    void summary_naive_takesFour() {
        assertThat(statements(ShopPath.NAIVE, () -> naive.summary(DAY))).isEqualTo(4);
    }

    @Test
    void summary_holdfast_takesTwoThenNone() {
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.summary(DAY))).isEqualTo(2);
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.summary(DAY))).isZero();
    }

    @Test
    void changePrice_takesOneOnBothPaths() {
        assertThat(statements(ShopPath.NAIVE, () -> naive.changePrice(PRODUCT, 100)))
                .isEqualTo(1);
        assertThat(statements(ShopPath.HOLDFAST, () -> holdfast.changePrice(PRODUCT, 200)))
                .isEqualTo(1);
    }

    @Test
    void changePrice_holdfast_isSeenAtOnceForOneMoreStatement() {
        holdfast.product(PRODUCT);
        Product changed = holdfast.changePrice(PRODUCT, 12_345).orElseThrow();
        assertThat(statements(
                        ShopPath.HOLDFAST,
                        () -> assertThat(holdfast.product(PRODUCT).orElseThrow().product())
                                .isEqualTo(changed)
                                .extracting(Product::priceCents)
                                .isEqualTo(12_345L)))
                .isEqualTo(1);
    }

    @Test
    void changePrice_naive_isSeenOnTheHoldfastPath() {
        holdfast.product(PRODUCT);
        Product changed = naive.changePrice(PRODUCT, 54_321).orElseThrow();
        assertThat(holdfast.product(PRODUCT).orElseThrow().product()).isEqualTo(changed);
    }

    @Test
    void unknownProduct_isAbsentOnBothPaths() {
        assertThat(naive.product(999_999)).isEmpty();
        assertThat(holdfast.product(999_999)).isEmpty();
        assertThat(naive.changePrice(999_999, 1)).isEmpty();
        assertThat(holdfast.changePrice(999_999, 1)).isEmpty();
    }

    private static long statements(ShopPath path, Supplier<?> page) {
        long before = database.statements(path);
        assertThat(page.get()).isNotNull();
        return database.statements(path) - before;
    }
}
