package dev.holdfast.cache.jooq;

import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteListener;
import org.jooq.SQLDialect;
import org.jooq.impl.DSL;
import org.jooq.impl.DefaultConfiguration;

/** One node of a fleet: a link, a query cache, a watched context, and a count of the statements that reached the database. */
final class QueryNode implements AutoCloseable {
    final RedisLink link;
    final QueryCache queries;
    final DSLContext db;
    private final AtomicInteger statements = new AtomicInteger();

    QueryNode(RedisServer redis, DataSource dataSource) {
        this(redis, dataSource, builder -> builder);
    }

    QueryNode(RedisServer redis, DataSource dataSource, UnaryOperator<QueryCacheBuilder> change) {
        link = RedisLink.connect(redis.uri());
        queries = change.apply(QueryCache.builder(TieredCache.<String, CachedRows>builder("queries")
                        .redis(link)
                        .heartbeat(Duration.ofMillis(200))
                        .maximumSize(10_000)))
                .build();
        db = queries.watch(DSL.using(new DefaultConfiguration()
                .set(SQLDialect.POSTGRES)
                .set(dataSource)
                .deriveAppending(new Counting())));
    }

    QueryNode awaitInStep() {
        await().atMost(10, TimeUnit.SECONDS)
                .until(() -> queries.cache().healthProbe().check().status() == Status.UP);
        return this;
    }

    /** How many statements reached the database since the last call. */
    int statements() {
        return statements.getAndSet(0);
    }

    @Override
    public void close() {
        queries.close();
        link.close();
    }

    private final class Counting implements ExecuteListener {
        private static final long serialVersionUID = 1L;

        @Override
        public void executeStart(ExecuteContext context) {
            statements.incrementAndGet();
        }
    }
}
