package dev.holdfast.examples.storefront;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.postgres.PostgresServers;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jooq.DSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole shop, running: PostgreSQL and Redis started for it and filled, the link, the caches, both ways through the
 * shop, and the HTTP server on 127.0.0.1.
 *
 * <p>Thread-safe. {@link #close()} stops everything, servers included.
 */
public final class Storefront implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Storefront.class);

    /** What a writer waits for Redis at most. */
    private static final Duration REDIS_TIMEOUT = Duration.ofMillis(500);

    private static final String REDIS_MEMORY = "256mb";

    private final Scale scale;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final AtomicBoolean closed = new AtomicBoolean();
    private final RedisServer redis;
    private final ShopDatabase database;
    private final ShopCaches caches;
    private final ShopServer server;

    private Storefront(Scale scale, int port, Progress progress) throws IOException, SQLException {
        this.scale = scale;
        try {
            PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
            opened.push(metrics::close);
            progress.say("Starting Redis and PostgreSQL ...");
            redis = owned(
                    RedisServer.builder().maxMemory(REDIS_MEMORY, "allkeys-lfu").start());
            RedisLink link = owned(
                    RedisLink.builder(redis.uri()).commandTimeout(REDIS_TIMEOUT).connect());
            link.metrics().bindTo(metrics);
            database = owned(new ShopDatabase(owned(PostgresServers.single()), metrics));
            DSLContext holdfastSql = database.sql(ShopPath.HOLDFAST);
            caches = owned(ShopCaches.open(holdfastSql, link));
            caches.all().forEach(cache -> cache.metrics().bindTo(metrics));

            progress.say("Filling the shop ...");
            database.seed(scale, progress);
            progress.say("Warming the caches ...");
            caches.warm(scale, progress);
            HoldfastShop holdfast = new HoldfastShop(holdfastSql, caches);
            NaiveShop naive = new NaiveShop(database.sql(ShopPath.NAIVE), holdfast::productChanged);
            server = owned(new ShopServer(
                    port,
                    Map.of(ShopPath.NAIVE, naive, ShopPath.HOLDFAST, holdfast),
                    new HealthReport(database.healthProbe(), List.of(link.healthProbe())),
                    metrics));
        } catch (IOException | SQLException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Starts servers, fills them and serves on a free port.
     *
     * @param scale how much the shop holds
     * @param progress told what is going on
     * @return the shop; the caller closes it
     * @throws IOException if a server or the HTTP port could not be opened
     * @throws SQLException if the database could not be filled
     */
    public static Storefront open(Scale scale, Progress progress) throws IOException, SQLException {
        return open(scale, 0, progress);
    }

    /**
     * Starts servers, fills them and serves.
     *
     * @param scale how much the shop holds
     * @param port of HTTP, on 127.0.0.1; 0 for any that is free
     * @param progress told what is going on
     * @return the shop; the caller closes it
     * @throws IOException if a server or the HTTP port could not be opened
     * @throws SQLException if the database could not be filled
     */
    public static Storefront open(Scale scale, int port, Progress progress) throws IOException, SQLException {
        return new Storefront(scale, port, progress);
    }

    private <T extends AutoCloseable> T owned(T resource) {
        opened.push(resource);
        return resource;
    }

    /**
     * Where the shop is.
     *
     * @return {@code http://127.0.0.1:<port>}
     */
    public URI address() {
        return server.address();
    }

    /**
     * How much the shop holds.
     *
     * @return as it was opened
     */
    public Scale scale() {
        return scale;
    }

    /**
     * Statements sent to the database on one path.
     *
     * @param path the path
     * @return exact count since the shop was opened, without those that filled it
     */
    public long statements(ShopPath path) {
        return database.statements(path);
    }

    /**
     * Where the caches of one path found things.
     *
     * @param path the path
     * @return counts since the shop was opened; all zero for the naive path, which has no caches
     */
    public TierHits hits(ShopPath path) {
        return path == ShopPath.HOLDFAST ? caches.hits() : TierHits.NONE;
    }

    /** Stops the Redis process where it stands: it accepts connections and never answers. */
    public void freezeRedis() {
        redis.pause();
    }

    /** Lets a frozen Redis go on. */
    public void thawRedis() {
        redis.resume();
    }

    /** Stops everything in the reverse order of its start. Idempotent. */
    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                log.warn("Could not close a part of the shop", e);
            }
        }
    }
}
