package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.redis.RedisServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Record2;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.Table;
import org.jooq.impl.DSL;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGPoolingDataSource;

/** Nodes that read while others commit: the history of versions is checked against the guarantee, and the end is fresh. */
@Servers
@Tag("fault")
@SuppressWarnings("deprecation") // The driver's own small pool is good enough for a test.
class QueryRaceTest {
    private static final Table<Record> ITEM = table(name("item"));
    private static final Field<Integer> ID = field(name("id"), Integer.class);
    private static final Field<Long> VERSION = field(name("version"), Long.class);
    private static final Field<Long> ATTEMPT = field(name("attempt"), Long.class);
    private static final int ROWS = 4;
    private static final int COMMITS = Integer.getInteger("holdfast.race.commits", 300);
    private static final int READS = 5 * COMMITS;

    /** A version of a row whose transaction's commit had returned, on a node, at a time. */
    private record Committed(int node, int row, long version, long returned) {}

    private record Read(int node, int row, long version, long attempt, long begun) {}

    private final ConcurrentLinkedQueue<Committed> commits = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Read> reads = new ConcurrentLinkedQueue<>();
    private final Set<Long> rolledBack = ConcurrentHashMap.newKeySet();
    private final AtomicLong attempts = new AtomicLong();
    private final AtomicBoolean stop = new AtomicBoolean();

    @Test
    void loadsThatRaceWithCommits_leaveNoOldRows(RedisServer redis, PostgresServer postgres) throws Exception {
        DSL.using(postgres.dataSource(), SQLDialect.POSTGRES)
                .execute("create table item (id int primary key, version bigint, attempt bigint);"
                        + "insert into item select i, 0, 0 from generate_series(0, " + (ROWS - 1) + ") i");
        ExecutorService threads = Executors.newCachedThreadPool();
        PGPoolingDataSource pool = pool(postgres);
        try (QueryNode a = new QueryNode(redis, pool).awaitInStep();
                QueryNode b = new QueryNode(redis, pool).awaitInStep()) {
            List<QueryNode> nodes = List.of(a, b);
            List<CompletableFuture<Void>> tasks = new ArrayList<>();
            for (int n = 0; n < nodes.size(); n++) {
                int node = n;
                QueryNode at = nodes.get(n);
                tasks.add(CompletableFuture.runAsync(() -> write(node, at), threads));
                for (int r = 0; r < 2; r++) {
                    long seed = 10L * n + r;
                    tasks.add(CompletableFuture.runAsync(() -> read(node, at, new Random(seed)), threads));
                }
            }
            await().atMost(90, TimeUnit.SECONDS)
                    .until(() -> (commits.size() >= COMMITS && reads.size() >= READS)
                            || tasks.stream().anyMatch(CompletableFuture::isDone));
            stop.set(true);
            for (CompletableFuture<Void> task : tasks) {
                task.get(30, TimeUnit.SECONDS);
            }
            assertThat(commits).hasSizeGreaterThanOrEqualTo(COMMITS);
            assertThat(violations(0, true)).as("on the node that committed").isEmpty();
            assertThat(violations(TimeUnit.MILLISECONDS.toNanos(1_500), false))
                    .as("on the other node")
                    .isEmpty();
            assertThat(reads).as("rows that were rolled back").noneMatch(read -> rolledBack.contains(read.attempt()));
            for (int row = 0; row < ROWS; row++) {
                int last = row;
                long fresh = a.db.select(VERSION)
                        .from(ITEM)
                        .where(ID.eq(row))
                        .fetchSingle()
                        .value1();
                for (QueryNode node : nodes) {
                    await().atMost(5, TimeUnit.SECONDS)
                            .until(() ->
                                    node.queries.fetchOne(item(node.db, last)).value1() == fresh);
                }
            }
            assertThat(a.queries.cache().stats().tier1Hits()).isPositive();
        } finally {
            stop.set(true);
            threads.shutdownNow();
            pool.close();
        }
    }

    private static PGPoolingDataSource pool(PostgresServer postgres) {
        PGPoolingDataSource pool = new PGPoolingDataSource();
        pool.setDataSourceName("race");
        pool.setUrl(postgres.jdbcUrl());
        pool.setUser(postgres.user());
        pool.setPassword(postgres.password());
        pool.setMaxConnections(20);
        return pool;
    }

    private void write(int node, QueryNode at) {
        Random random = new Random(100 + node);
        while (!stop.get()) {
            int row = random.nextInt(ROWS);
            long attempt = attempts.incrementAndGet();
            if (random.nextInt(4) == 0) {
                rolledBack.add(attempt);
            }
            long[] version = new long[1];
            try {
                at.db.transaction(tx -> {
                    DSLContext db = tx.dsl();
                    db.update(ITEM)
                            .set(VERSION, VERSION.plus(1))
                            .set(ATTEMPT, attempt)
                            .where(ID.eq(row))
                            .execute();
                    pause(random, 3);
                    version[0] = at.queries.fetchOne(item(db, row)).value1();
                    if (rolledBack.contains(attempt)) {
                        throw new Undone();
                    }
                });
                commits.add(new Committed(node, row, version[0], System.nanoTime()));
            } catch (Undone e) {
                // As intended: nobody may see that attempt.
            }
            pause(random, 10);
        }
    }

    private void read(int node, QueryNode at, Random random) {
        while (!stop.get()) {
            int row = random.nextInt(ROWS);
            long begun = System.nanoTime();
            Record2<Long, Long> read = at.queries.fetchOne(item(at.db, row));
            reads.add(new Read(node, row, read.value1(), read.value2(), begun));
            pause(random, 1);
        }
    }

    private static Select<Record2<Long, Long>> item(DSLContext db, int row) {
        return db.select(VERSION, ATTEMPT).from(ITEM).where(ID.eq(row));
    }

    private static void pause(Random random, int mostMillis) {
        LockSupport.parkNanos((long) (random.nextDouble() * mostMillis * 1_000_000));
    }

    private List<String> violations(long boundNanos, boolean sameNode) {
        List<String> found = new ArrayList<>();
        for (Read read : reads) {
            for (Committed commit : commits) {
                if (commit.row() == read.row()
                        && (commit.node() == read.node()) == sameNode
                        && read.version() < commit.version()
                        && read.begun() - commit.returned() > boundNanos) {
                    found.add(read + " after " + commit);
                }
            }
        }
        return found;
    }

    private static final class Undone extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
