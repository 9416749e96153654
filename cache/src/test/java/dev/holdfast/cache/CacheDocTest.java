package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The code in docs/cache.md compiles, does what the text says, and is the code below. */
@Servers
class CacheDocTest {
    private static final Pattern REGION = Pattern.compile("(?s) *// (\\w+) begin\n(.*?) *// \\1 end\n");

    record Product(Long id, Long brandId, String name) {}

    record Rate(String currency, double value, int minutes) {
        Duration validFor() {
            return Duration.ofMinutes(minutes);
        }
    }

    static final class Repository {
        private final Map<Long, Product> rows = new ConcurrentHashMap<>();
        private final List<Set<Long>> bulkReads = new CopyOnWriteArrayList<>();

        Product find(Long id) {
            return rows.get(id);
        }

        Map<Long, Product> findAll(Set<Long> ids) {
            bulkReads.add(ids);
            Map<Long, Product> found = new LinkedHashMap<>();
            ids.stream().filter(rows::containsKey).forEach(id -> found.put(id, rows.get(id)));
            return found;
        }

        void save(Product product) {
            rows.put(product.id(), product);
        }
    }

    private final List<String> rendered = new CopyOnWriteArrayList<>();

    private void render(Product product) {
        rendered.add(product.name());
    }

    private static void inStep(TieredCache<?, ?> cache) {
        await().until(() -> cache.healthProbe().check().facts().get("tier2").equals("open"));
    }

    @Test
    void aCacheFromEndToEnd(RedisServer redis) throws Exception {
        Repository repository = new Repository();
        for (long id = 40; id < 45; id++) {
            repository.save(new Product(id, 7L, "chair " + id));
        }
        List<Long> ids = List.of(41L, 42L, 43L, 99L);
        MeterRegistry registry = new SimpleMeterRegistry();
        String redisUri = redis.uri();

        // build begin
        RedisLink link = RedisLink.connect(redisUri); // one per application; RedisLink.disabled() for tier 1 only
        TieredCache<Long, Product> products = TieredCache.<Long, Product>builder("product")
                .redis(link)
                .codec(JsonCodec.of(Product.class))
                .maximumSize(10_000)
                .timeToLive(Duration.ofHours(2))
                .staleFor(Duration.ofHours(6)) // served when the source fails or is slow
                .softTimeout(Duration.ofMillis(50)) // slow: serve what is stale, let the load go on
                .hardTimeout(Duration.ofSeconds(2)) // slow, and nothing stale: a CacheLoadTimeoutException
                .tags(product -> Set.of("brand:" + product.brandId()))
                .loader(repository::find) // null if there is none
                .bulkLoader(repository::findAll) // a map without those that there are not
                .build();
        // build end
        inStep(products);

        // use begin
        Product product = products.get(42L); // tier 1, tier 2, source: once per key in the whole fleet
        Map<Long, Product> page = products.getAll(ids); // one MGET, one bulk load; keys without a value are left out
        repository.save(new Product(42L, 7L, "lamp"));
        products.invalidate(42L); // after the commit; reaches every node
        products.invalidateTag("brand:7"); // one script call, however many products carry it
        products.async().get(42L).thenAccept(this::render); // no thread waits for Redis
        // use end

        assertThat(product.name()).isEqualTo("chair 42");
        assertThat(page).containsOnlyKeys(41L, 42L, 43L);
        assertThat(repository.bulkReads).containsExactly(Set.of(41L, 43L, 99L));
        await().untilAsserted(() -> assertThat(rendered).containsExactly("lamp"));

        // watch begin
        products.metrics().bindTo(registry); // any MeterRegistry of Micrometer
        Status status = products.healthProbe().check().status(); // UP, or DEGRADED while tier 2 is not in use
        CacheStats stats = products.stats();
        // watch end
        assertThat(status).isEqualTo(Status.UP);
        assertThat(stats.invalidationsSent()).isEqualTo(2);
        assertThat(registry.get("cache.gets")
                        .tag("result", "miss")
                        .functionCounter()
                        .count())
                .isEqualTo(stats.misses());

        // close begin
        products.close();
        link.close(); // after all that use it
        // close end
    }

    @Test
    void entryOptions(RedisServer redis) {
        Map<String, Rate> quotes = Map.of("EUR", new Rate("EUR", 1.08, 5));
        try (RedisLink link = RedisLink.connect(redis.uri())) {
            // options begin
            TieredCache<String, Rate> rates = TieredCache.<String, Rate>builder("rate")
                    .redis(link)
                    .codec(JsonCodec.of(Rate.class))
                    .maximumSize(1_000)
                    .timeToLive(Duration.ofMinutes(1))
                    .maximumTimeToLive(Duration.ofHours(1)) // the longest that a loader may give
                    .cacheAbsent(Duration.ofSeconds(30))
                    .detailedLoader(currency -> {
                        Rate rate = quotes.get(currency);
                        return rate == null
                                ? Loaded.<Rate>absent().tags("unknown") // remembered for 30 s
                                : Loaded.of(rate).timeToLive(rate.validFor()).tags("rates");
                    })
                    .build();
            // options end
            try (rates) {
                inStep(rates);
                assertThat(rates.get("EUR").value()).isEqualTo(1.08);
                assertThat(rates.get("XXX")).isNull();
                assertThat(rates.get("XXX")).isNull();
                assertThat(rates.stats().loads()).isEqualTo(2);
                rates.invalidateTag("unknown");
                assertThat(rates.get("XXX")).isNull();
                assertThat(rates.stats().loads()).isEqualTo(3);
            }
        }
    }

    @Test
    void code_inThePage_isTheCodeThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/cache/CacheDocTest.java"));
        String text = Files.readString(Path.of("../docs/cache.md"));
        List<String> snippets = new ArrayList<>();
        Matcher region = REGION.matcher(here);
        while (region.find()) {
            String snippet = "```java\n" + region.group(2).stripTrailing().stripIndent() + "\n```";
            assertThat(text).as(region.group(1)).contains(snippet);
            snippets.add(snippet);
        }
        assertThat(text.split("```java\n", -1).length - 1)
                .as("every snippet of the page is one that runs")
                .isEqualTo(snippets.size());
    }
}
