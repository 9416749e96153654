package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.watch.QueryScope;
import dev.holdfast.batch.watch.QueryWatch;
import dev.holdfast.batch.watch.WatchMode;
import dev.holdfast.cache.Codec;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.revocation.RevocationList;
import dev.holdfast.cache.revocation.WhenUnknown;
import dev.holdfast.cache.warming.CacheWarmer;
import dev.holdfast.cache.warming.KeySource;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.ratelimit.Limit;
import dev.holdfast.ratelimit.Plan;
import dev.holdfast.ratelimit.RateLimiter;
import dev.holdfast.testkit.postgres.PostgresServer;
import dev.holdfast.testkit.postgres.PostgresServers;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The page of metrics says what is registered, no more and no less. */
class MetricsPageTest {
    private static final Path PAGE = Path.of("../../docs/metrics.md");

    @Test
    void page_listsEveryMeterThatTheModulesRegister() throws IOException {
        TreeSet<String> listed = new TreeSet<>();
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("| `")) {
                String[] cells = line.split("\\|", -1);
                listed.add(cells[1].strip() + " | " + cells[2].strip() + " | " + cells[3].strip());
            }
        }
        assertThat(listed).isEqualTo(registered());
    }

    private static Set<String> registered() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (RedisServer redis = RedisServers.standalone();
                RedisLink link = RedisLink.connect(redis.uri());
                TieredCache<Long, String> cache = TieredCache.<Long, String>builder("product")
                        .redis(link)
                        .codec(Codec.string())
                        .maximumSize(10)
                        .loader(key -> "v")
                        .build();
                CacheWarmer<Long> warmer = CacheWarmer.builder(cache)
                        .keys(KeySource.listed(List::of))
                        .redis(link)
                        .start();
                RevocationList revoked = RevocationList.builder("revoked")
                        .redis(link)
                        .whenUnknown(WhenUnknown.REJECT)
                        .maximumTokenLife(Duration.ofHours(1))
                        .build();
                RateLimiter limiter = RateLimiter.builder("api")
                        .redis(link)
                        .plan("free", Plan.of(Limit.perMinute(10)))
                        .build()) {
            assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
            link.metrics().bindTo(registry);
            cache.metrics().bindTo(registry);
            warmer.metrics().bindTo(registry);
            revoked.metrics().bindTo(registry);
            BatchLoader.<Long, String>mapped("user", (keys, call) -> Map.of())
                    .metrics()
                    .bindTo(registry);
            limiter.metrics().bindTo(registry);
            QueryWatch watch = QueryWatch.builder(WatchMode.DEVELOPMENT)
                    .slow(Duration.ofNanos(1))
                    .logging(false)
                    .build();
            watch.bindTo(registry);
            provoke(watch);
            return registry.getMeters().stream()
                    .map(MetricsPageTest::line)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** Its meters appear with the first finding and the first scope. */
    private static void provoke(QueryWatch watch) {
        try (PostgresServer server = PostgresServers.single();
                QueryScope scope = watch.open("page");
                Connection connection = watch.watch(server.dataSource()).getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("select 1");
        } catch (SQLException e) {
            throw new AssertionError("select 1 failed", e);
        }
    }

    private static String line(Meter meter) {
        Meter.Id id = meter.getId();
        String tags = id.getTags().stream().map(Tag::getKey).sorted().collect(Collectors.joining(", "));
        return "`" + id.getName() + "` | " + id.getType().name().toLowerCase(Locale.ROOT) + " | " + tags;
    }
}
