package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.batch.jdbc.CountedStatements;
import dev.holdfast.batch.jdbc.JdbcTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;

/** The code on the page about loading compiles, runs, costs what the page says, and is the code below. */
class LoadingDocTest {
    private static final Pattern REGION = Pattern.compile("(?s)// DOC (\\w+)\n(.*?)\n *// DOC end");

    record Order(long id, long userId) {}

    record User(long id, String name) {}

    record Item(long orderId, int line, String text) {}

    private static CountedStatements database() throws SQLException {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        try (Connection connection = source.getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("create table users (id bigint primary key, name varchar(20))");
            statement.execute("insert into users values (1, 'Ann'), (2, 'Bob')");
            statement.execute("create table orders (id bigint primary key, user_id bigint)");
            statement.execute("insert into orders values (7, 1), (8, 2), (9, 1)");
            statement.execute("create table items (order_id bigint, line int, text varchar(20))");
            statement.execute("insert into items values (7, 1, 'chair'), (7, 2, 'lamp')");
        }
        return new CountedStatements(source);
    }

    @Test
    void loading_asOnThePage_isAStatementPerLevel() throws SQLException {
        CountedStatements counted = database();
        DataSource dataSource = counted.dataSource;
        List<Long> ids = List.of(7L, 8L, 9L);
        List<String> names = new ArrayList<>();
        // DOC loaders
        BatchLoader<Long, Order> orders = JdbcTable.of(dataSource, "orders")
                .key("id", Long.class)
                .one(Order.class)
                .build();
        BatchLoader<Long, User> users = JdbcTable.of(dataSource, "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        BatchLoader<Long, List<Item>> items = JdbcTable.of(dataSource, "items")
                .key("order_id", Long.class)
                .orderBy("line")
                .many(Item.class)
                .build();
        // DOC end
        // DOC scope
        try (BatchScope scope = BatchScope.open()) {
            // On threads of their own, virtual where the JVM has them: plain blocking code.
            List<String> buyers =
                    scope.mapAll(ids, id -> users.load(orders.load(id).userId()).name());

            // Futures: to wait for one is to run what is due.
            List<CompletableFuture<User>> futures = ids.stream()
                    .map(id -> orders.loadAsync(id).thenCompose(order -> users.loadAsync(order.userId())))
                    .toList();
            futures.forEach(CompletableFuture::join);

            // A list, at once.
            Map<Long, List<Item>> lines = items.loadAll(ids);
            // DOC end
            assertThat(buyers).containsExactly("Ann", "Bob", "Ann");
            assertThat(futures).allMatch(CompletableFuture::isDone);
            assertThat(lines.get(7L)).hasSize(2);
            assertThat(lines.get(8L)).isEmpty();
        }
        assertThat(counted.texts).hasSize(3);
        counted.texts.clear();
        // DOC announce
        try (BatchScope scope = BatchScope.open()) {
            List<Order> page = List.copyOf(orders.loadAll(ids).values());
            users.announce(page, Order::userId);
            for (Order order : page) {
                names.add(users.load(order.userId()).name()); // the first takes all of them along
            }
            // DOC end
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(names).containsExactlyInAnyOrder("Ann", "Bob", "Ann");
        assertThat(counted.texts).hasSize(2);
    }

    @Test
    void transaction_asOnThePage_readsWhatItWrote() throws SQLException {
        CountedStatements counted = database();
        BatchLoader<Long, User> users = JdbcTable.of(counted.dataSource, "users")
                .key("id", Long.class)
                .one(User.class)
                .build();
        List<String> names = new ArrayList<>();
        try (Connection connection = counted.dataSource.getConnection()) {
            // DOC transaction
            connection.setAutoCommit(false);
            try (BatchScope scope = BatchScope.transaction(connection)) {
                save(connection, new User(1, "Zoe"));
                users.clear(1L); // what was written is loaded again
                names.add(users.load(1L).name());
                connection.rollback();
                scope.clear(); // and so is everything after a rollback
                // DOC end
                names.add(users.load(1L).name());
            }
        }
        assertThat(names).containsExactly("Zoe", "Ann");
    }

    private static void save(Connection connection, User user) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("update users set name = ? where id = ?")) {
            statement.setString(1, user.name());
            statement.setLong(2, user.id());
            statement.executeUpdate();
        }
    }

    @Test
    void code_onThePage_isTheOneThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/batch/LoadingDocTest.java"));
        String page = Files.readString(Path.of("../docs/batch.md"));
        String part = page.substring(page.indexOf("<!-- loading -->"), page.indexOf("<!-- /loading -->"));
        Matcher region = REGION.matcher(here);
        int regions = 0;
        while (region.find()) {
            String code = region.group(2).stripIndent().stripTrailing();
            // A region that ends inside its block is closed on the page.
            String snippet =
                    "```java\n" + code + (code.startsWith("try") || code.contains("\ntry") ? "\n}" : "") + "\n```";
            assertThat(part).as(region.group(1)).contains(snippet);
            regions++;
        }
        assertThat(part.split("```java", -1)).hasSize(regions + 1);
    }
}
