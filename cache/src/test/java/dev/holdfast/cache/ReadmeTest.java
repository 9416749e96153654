package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The README's code compiles, runs, and is the code below. */
class ReadmeTest {
    record Product(Long id, String name, int cents) {}

    static final class Repository {
        private final Map<Long, Product> rows = new ConcurrentHashMap<>();

        void save(Product product) {
            rows.put(product.id(), product);
        }

        Product find(Long id) {
            return rows.get(id);
        }

        Map<Long, Product> findAll(Set<Long> ids) {
            return ids.stream().map(rows::get).collect(Collectors.toMap(Product::id, Function.identity()));
        }
    }

    @Test
    void example_onRealRedis_runs() {
        Repository repository = new Repository();
        List.of(1L, 2L, 3L, 42L).forEach(id -> repository.save(new Product(id, "chair", 100)));
        try (RedisServer server = RedisServers.standalone()) {
            String redisUri = server.uri();
            // README begin
            RedisLink link = RedisLink.connect(redisUri); // never waits, and never fails because Redis is away
            TieredCache<Long, Product> products = TieredCache.<Long, Product>builder("product")
                    .redis(link)
                    .codec(JsonCodec.of(Product.class))
                    .maximumSize(10_000)
                    .timeToLive(Duration.ofHours(2))
                    .loader(repository::find)
                    .bulkLoader(repository::findAll)
                    .build();

            Product product = products.get(42L); // this process, Redis, then the loader, once for all who ask
            Map<Long, Product> page = products.getAll(List.of(1L, 2L, 3L)); // one round trip, one bulk load
            repository.save(new Product(42L, "lamp", 1_999));
            products.invalidate(42L); // after the commit; reaches every instance
            // README end
            assertThat(product.name()).isEqualTo("chair");
            assertThat(page).containsOnlyKeys(1L, 2L, 3L);
            assertThat(products.get(42L).name()).isEqualTo("lamp");
            products.close();
            link.close();
        }
    }

    @Test
    void example_inTheReadme_isTheOneThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/cache/ReadmeTest.java"));
        String code = here.substring(here.indexOf("// README begin"), here.indexOf("// README end"))
                .lines()
                .skip(1)
                .map(line -> line.isBlank() ? "" : line.substring(Math.min(12, line.length())))
                .collect(Collectors.joining("\n"))
                .strip();
        assertThat(Files.readString(Path.of("../README.md"))).contains("```java\n" + code + "\n```");
    }
}
