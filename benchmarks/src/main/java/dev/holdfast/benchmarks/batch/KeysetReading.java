package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.keyset.Keyset;
import dev.holdfast.batch.keyset.Page;
import dev.holdfast.batch.keyset.PageRequest;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;

/**
 * Reads a table of a million rows by keyset and by a server-side cursor; and pages at random depths by keyset and by OFFSET,
 * in the order of two columns, the first with ties.
 */
final class KeysetReading implements Scenario {
    private static final Target CURSOR = Target.atMost("batch-keyset-cursor", 1.25);
    private static final Target OFFSET = Target.atLeast("batch-keyset-offset", 50);
    private static final Target FLAT = Target.atMost("batch-keyset-flat", 1.25);
    private static final int ROWS = 1_000_000;
    private static final int PAGE = 100;

    record Event(long id, int day, String name) {}

    @Override
    public List<Target> targets() {
        return List.of(CURSOR, OFFSET, FLAT);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Database database = new Database();
                Connection near = database.near();
                Connection cursor = database.near()) {
            Database.execute(
                    near,
                    "CREATE TABLE event (id bigint PRIMARY KEY, day int NOT NULL, name text)",
                    "INSERT INTO event SELECT g, g / 1000, 'event ' || g FROM generate_series(0, " + (ROWS - 1) + ") g",
                    "CREATE UNIQUE INDEX ON event (day, id)",
                    "VACUUM ANALYZE event");
            Keyset<Event> keyset = Keyset.<Event>from("event")
                    .ascending("day")
                    .ascending("id")
                    .map(KeysetReading::event)
                    .build(Database.pool(near));
            session.settle();
            session.report(
                    CURSOR,
                    PairedRun.named("a million rows")
                            .subject("Keyset.stream", whole(keyset))
                            .baseline("server-side cursor", whole(cursor))
                            .warmUp(session.pick(Duration.ofMillis(1), Duration.ofSeconds(10)))
                            .measure(session.pick(Duration.ofMillis(1), Duration.ofSeconds(60)), 6)
                            .run(),
                    "ns/row");
            List<String> cursors = walk(keyset);
            session.progress("walked over " + cursors.size() + " pages");
            IntUnaryOperator anywhere = pair -> new Random(pair).nextInt(cursors.size());
            session.report(
                    OFFSET,
                    PairedRun.named("a page at a random depth")
                            .subject("LIMIT … OFFSET", offset(cursor, anywhere))
                            .baseline("Keyset.page", page(keyset, cursors, anywhere))
                            .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(20)), 10)
                            .run(),
                    "ns");
            session.report(
                    FLAT,
                    PairedRun.named("pages at both ends")
                            .subject("the last full one", page(keyset, cursors, pair -> cursors.size() - 1))
                            .baseline("the second", page(keyset, cursors, pair -> 0))
                            .warmUp(session.pick(Duration.ofMillis(500), Duration.ofSeconds(5)))
                            .measure(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(20)), 20)
                            .run(),
                    "ns");
        }
    }

    private static Event event(ResultSet row) throws java.sql.SQLException {
        return new Event(row.getLong("id"), row.getInt("day"), row.getString("name"));
    }

    private static Side whole(Keyset<Event> keyset) {
        return pair -> {
            long start = System.nanoTime();
            try (Stream<Event> events = keyset.stream()) {
                long digest = events.mapToLong(KeysetReading::digest).sum();
                return new Sample((System.nanoTime() - start) / (double) ROWS, digest);
            }
        };
    }

    private static Side whole(Connection connection) {
        return pair -> {
            long start = System.nanoTime();
            connection.setAutoCommit(false);
            long digest = 0;
            try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM event ORDER BY day, id")) {
                // What the keyset reads at a time.
                statement.setFetchSize(2_000);
                try (ResultSet rows = statement.executeQuery()) {
                    while (rows.next()) {
                        digest += digest(event(rows));
                    }
                }
            }
            connection.commit();
            connection.setAutoCommit(true);
            return new Sample((System.nanoTime() - start) / (double) ROWS, digest);
        };
    }

    private static long digest(Event event) {
        return event.id() * 31 + event.day() + event.name().hashCode();
    }

    /** The cursors of all pages but the first, as a reader gets them who follows each to the next. */
    private static List<String> walk(Keyset<Event> keyset) {
        List<String> cursors = new ArrayList<>();
        Page<Event> page = keyset.page(PageRequest.first(PAGE));
        while (page.next().isPresent()) {
            cursors.add(page.next().get());
            page = keyset.page(PageRequest.at(page.next().get()).size(PAGE));
        }
        return cursors;
    }

    private static Side page(Keyset<Event> keyset, List<String> cursors, IntUnaryOperator numberOf) {
        return pair -> {
            String cursor = cursors.get(numberOf.applyAsInt(pair));
            long start = System.nanoTime();
            Page<Event> page = keyset.page(PageRequest.at(cursor).size(PAGE));
            double took = System.nanoTime() - start;
            return new Sample(took, page.items().size());
        };
    }

    private static Side offset(Connection connection, IntUnaryOperator numberOf) {
        return pair -> {
            int number = numberOf.applyAsInt(pair);
            int read = 0;
            long start = System.nanoTime();
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT * FROM event ORDER BY day, id LIMIT " + PAGE + " OFFSET " + (number + 1) * PAGE);
                    ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    event(rows);
                    read++;
                }
            }
            double took = System.nanoTime() - start;
            return new Sample(took, read);
        };
    }
}
