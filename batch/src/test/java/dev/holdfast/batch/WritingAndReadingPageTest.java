package dev.holdfast.batch;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.one;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.batch.keyset.ChunkProgress;
import dev.holdfast.batch.keyset.Keyset;
import dev.holdfast.batch.keyset.Page;
import dev.holdfast.batch.keyset.PageRequest;
import dev.holdfast.batch.write.BulkResult;
import dev.holdfast.batch.write.BulkWriter;
import dev.holdfast.batch.write.Duplicates;
import dev.holdfast.batch.write.RowFailure;
import dev.holdfast.batch.write.RowOutcome;
import dev.holdfast.batch.write.Transactions;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The code about writing and reading in docs/batch.md compiles, does what the text says, and is the code below. */
class WritingAndReadingPageTest {
    private static final Pattern REGION = Pattern.compile("(?s) *// (\\w+) begin\n(.*?) *// \\1 end\n");

    record Price(long productId, BigDecimal amount) {}

    record Order(long id, String state) {}

    private final JdbcDataSource dataSource = new JdbcDataSource();

    @BeforeEach
    void createTables() throws SQLException {
        dataSource.setURL("jdbc:h2:mem:page;DB_CLOSE_DELAY=-1");
        execute(
                dataSource,
                "DROP ALL OBJECTS",
                "CREATE TABLE product (id bigint PRIMARY KEY, price numeric(12,2) CHECK (price >= 0), created timestamp)",
                "INSERT INTO product SELECT x, 1, NULL FROM system_range(1, 10)",
                "CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, state varchar(10), created_at timestamp)",
                "INSERT INTO orders SELECT x, MOD(x, 2), 'open', DATEADD(MINUTE, x / 3, TIMESTAMP '2024-01-01 00:00:00')"
                        + " FROM system_range(1, 300)");
    }

    @Test
    void writing() throws SQLException {
        List<Price> changed = List.of(new Price(1, BigDecimal.ONE), new Price(99, BigDecimal.TEN));
        List<Price> imported = List.of(
                new Price(5, new BigDecimal("2.50")),
                new Price(11, new BigDecimal("-1")),
                new Price(12, BigDecimal.ONE));
        List<String> log = new ArrayList<>();
        // update begin
        BulkWriter<Price> prices = BulkWriter.<Price>update("product")
                .key("id", Price::productId)
                .set("price", Price::amount)
                .build(dataSource);

        BulkResult<Price> result = prices.write(changed);
        List<Price> unknown = result.rows(RowOutcome.MISSED);
        // update end
        assertThat(unknown).containsExactly(changed.get(1));
        // isolate begin
        BulkWriter<Price> imports = BulkWriter.<Price>upsert("product")
                .key("id", Price::productId)
                .set("price", Price::amount)
                .onInsert("created", price -> java.time.LocalDateTime.now())
                .transactions(Transactions.PER_CHUNK)
                .duplicates(Duplicates.LAST)
                .onProgress(progress -> log.add(progress.done() + " of " + progress.total()))
                .build(dataSource);

        for (RowFailure<Price> failure : imports.write(imported).failures()) {
            log.add("row " + failure.index() + ": " + failure.cause().getMessage());
        }
        // isolate end
        assertThat(log).hasSize(2).first().isEqualTo("3 of 3");
        assertThat(log.get(1)).startsWith("row 1: ");
        assertThat(one(dataSource, "SELECT count(*) FROM product")).isEqualTo("11");
        // join begin
        try (Connection connection = dataSource.getConnection()) {
            connection.setAutoCommit(false);
            prices.write(connection, changed);
            // other statements of the same transaction
            connection.commit();
        }
        // join end
        assertThat(one(dataSource, "SELECT price FROM product WHERE id = 1")).isEqualTo("1.00");
    }

    @Test
    void reading() {
        byte[] secret = "the same 32 bytes on every node!".getBytes(StandardCharsets.UTF_8);
        long customer = 1;
        AtomicReference<String> store = new AtomicReference<>();
        List<Order> exported = new ArrayList<>();
        // keyset begin
        Keyset<Order> orders = Keyset.<Order>from("orders")
                .columns("state")
                .where("customer = ?")
                .descending("created_at")
                .ascending("id")
                .map(row -> new Order(row.getLong("id"), row.getString("state")))
                .cursorSecret(secret)
                .build(dataSource);

        Page<Order> first = orders.page(PageRequest.first(), customer);
        Page<Order> second = orders.page(PageRequest.at(first.next().orElseThrow()), customer);
        // keyset end
        assertThat(first.items()).hasSize(50).first().extracting(Order::id).isEqualTo(297L);
        assertThat(second.items()).hasSize(50).doesNotContainAnyElementsOf(first.items());
        assertThat(second.previous()).isPresent();
        long open;
        // stream begin
        try (Stream<Order> all = orders.stream(customer)) {
            open = all.filter(order -> order.state().equals("open")).count();
        }
        // stream end
        assertThat(open).isEqualTo(150);
        // chunks begin
        ChunkProgress end = orders.chunks(customer)
                .size(1_000)
                .startAfter(store.get())
                .onProgress(progress -> store.set(progress.position()))
                .forEach(chunk -> exported.addAll(chunk));
        // chunks end
        assertThat(exported).hasSize(150);
        assertThat(end.position()).isEqualTo(store.get());
        // count begin
        Page<Order> counted = orders.page(PageRequest.first(20).withTotal(), customer);
        long total = counted.total().orElseThrow();
        // count end
        assertThat(total).isEqualTo(150);
    }

    @Test
    void everySnippetOfThesePartsIsOneThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/batch/WritingAndReadingPageTest.java"));
        String page = Files.readString(Path.of("../docs/batch.md"));
        String text = page.substring(page.indexOf("## Writing many rows"), page.indexOf("<!-- end of reading -->"));
        List<String> snippets = new ArrayList<>();
        Matcher region = REGION.matcher(here);
        while (region.find()) {
            String snippet = "```java\n" + region.group(2).stripTrailing().stripIndent() + "\n```";
            assertThat(text).as(region.group(1)).contains(snippet);
            snippets.add(snippet);
        }
        assertThat(text.split("```java\n", -1).length - 1).isEqualTo(snippets.size());
    }
}
