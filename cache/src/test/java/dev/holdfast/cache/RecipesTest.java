package dev.holdfast.cache;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.cache.call.CacheInvalidate;
import dev.holdfast.cache.call.CacheKey;
import dev.holdfast.cache.call.CacheResult;
import dev.holdfast.cache.call.Cached;
import dev.holdfast.cache.call.KeyHash;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.cache.revocation.RevocationList;
import dev.holdfast.cache.revocation.WhenUnknown;
import dev.holdfast.cache.warming.CacheWarmer;
import dev.holdfast.cache.warming.KeySource;
import dev.holdfast.cache.warming.WarmOutcome;
import dev.holdfast.cache.warming.WarmResult;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The code in docs/cache-recipes.md compiles, does what the text says, and is the code below. */
@Servers
class RecipesTest {
    private static final Pattern REGION = Pattern.compile("(?s) *// (\\w+) begin\n(.*?) *// \\1 end\n");

    record Session(String id, long userId) {}

    record Token(String id, String subject, Instant issuedAt, Instant expiresAt) {}

    record Product(Long id, String name) {}

    /** A table of sessions. */
    static final class SessionStore {
        private final Map<String, Session> rows = new ConcurrentHashMap<>();
        private final List<String> reads = new CopyOnWriteArrayList<>();

        Session find(String id) {
            reads.add(id);
            return rows.get(id);
        }

        void delete(String id) {
            rows.remove(id);
        }

        void deleteAllOf(long userId) {
            rows.values().removeIf(session -> session.userId() == userId);
        }
    }

    /** Something that costs money each time. */
    static final class Model {
        private int calls;

        String complete(List<String> messages) {
            calls++;
            return "about " + messages;
        }
    }

    // service begin
    interface Catalog {
        @CacheResult("product")
        Product find(long id);

        @CacheResult("search")
        List<Product> search(String text, int page);

        @CacheInvalidate("product")
        @CacheInvalidate(value = "search", everything = true)
        void rename(@CacheKey long id, String name);
    }
    // service end

    static final class SqlCatalog implements Catalog {
        private final Map<Long, Product> rows = new ConcurrentHashMap<>(Map.of(1L, new Product(1L, "chair")));
        private int reads;

        @Override
        public Product find(long id) {
            reads++;
            return rows.get(id);
        }

        @Override
        public List<Product> search(String text, int page) {
            reads++;
            return rows.values().stream()
                    .filter(row -> row.name().contains(text))
                    .toList();
        }

        @Override
        public void rename(long id, String name) {
            rows.put(id, new Product(id, name));
        }

        Map<Long, Product> findAll(Set<Long> ids) {
            reads += ids.size();
            return rows.values().stream()
                    .filter(row -> ids.contains(row.id()))
                    .collect(Collectors.toMap(Product::id, Function.identity()));
        }

        List<Long> mostSold(int count) {
            return rows.keySet().stream().limit(count).toList();
        }

        List<Long> idsAfter(Long last, int count) {
            return rows.keySet().stream()
                    .filter(id -> last == null || id > last)
                    .sorted()
                    .limit(count)
                    .toList();
        }
    }

    private final List<AutoCloseable> opened = new ArrayList<>();
    private RedisLink link;

    @BeforeEach
    void connect(RedisServer redis) {
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(10))).isTrue();
    }

    @AfterEach
    void close() throws Exception {
        for (int i = opened.size() - 1; i >= 0; i--) {
            opened.get(i).close();
        }
        link.close();
    }

    /** What a cache holds before it is in step is dropped when it is, so whoever counts waits for it first. */
    private <K, V> TieredCache<K, V> inStep(TieredCache<K, V> cache) {
        opened.add(cache);
        await().atMost(10, SECONDS).until(() -> cache.healthProbe().check().status() == Status.UP);
        return cache;
    }

    @Test
    void sessions() {
        SessionStore store = new SessionStore();
        String sessionId = "s1";
        store.rows.put("s1", new Session("s1", 7));
        store.rows.put("s2", new Session("s2", 7));
        // sessions begin
        TieredCache<String, Session> sessions = TieredCache.<String, Session>builder("session")
                .redis(link)
                .codec(JsonCodec.of(Session.class))
                .maximumSize(50_000)
                .timeToLive(Duration.ofHours(24))
                .cacheAbsent(Duration.ofSeconds(30))
                .tags(session -> Set.of("user:" + session.userId()))
                .loader(store::find)
                .build();

        Session session = sessions.get(sessionId);
        // sessions end
        inStep(sessions).clear();
        store.reads.clear();
        assertThat(session.userId()).isEqualTo(7);
        assertThat(List.of(sessions.get("s1"), sessions.get("s1"))).containsOnly(session);
        assertThat(sessions.get("s2")).isNotNull();
        assertThat(sessions.get("made up")).isNull();
        assertThat(sessions.get("made up")).isNull();
        assertThat(store.reads).containsExactlyInAnyOrder("s1", "s2", "made up");
        // logout begin
        store.delete(sessionId);
        sessions.invalidate(sessionId);
        // logout end
        assertThat(sessions.get("s1")).isNull();
        assertThat(sessions.get("s2")).isNotNull();
        // everywhere begin
        store.deleteAllOf(session.userId());
        sessions.invalidateTag("user:" + session.userId());
        // everywhere end
        assertThat(sessions.get("s2")).isNull();
    }

    @Test
    void revokedTokens() {
        Instant now = Instant.now();
        Token token = new Token("t1", "user7", now.minusSeconds(60), now.plusSeconds(3_600));
        // revocation begin
        RevocationList revoked = RevocationList.builder("revoked")
                .redis(link)
                .whenUnknown(WhenUnknown.REJECT)
                .maximumTokenLife(Duration.ofHours(12))
                .build();

        boolean refused = revoked.isRevoked(token.id(), token.subject(), token.issuedAt());
        // revocation end
        opened.add(revoked);
        assertThat(refused).isFalse();
        // revoke begin
        revoked.revoke(token.id(), token.expiresAt());
        revoked.revokeSubject(token.subject(), Instant.now());
        // revoke end
        assertThat(revoked.isRevoked(token.id())).isTrue();
        assertThat(revoked.isRevoked("t2", token.subject(), token.issuedAt())).isTrue();
        assertThat(revoked.isRevoked("t3", "user8", token.issuedAt())).isFalse();
    }

    @Test
    void expensiveCalls() {
        Model model = new Model();
        List<String> messages = List.of("Sum this up:", "a long text");
        // expensive begin
        TieredCache<String, String> answers = TieredCache.<String, String>builder("answer")
                .redis(link)
                .codec(Codec.string())
                .maximumSize(1_000)
                .timeToLive(Duration.ofDays(7))
                .leaseTime(Duration.ofMinutes(1))
                .build();

        String key = KeyHash.of("summary.v1")
                .with("model", "small-2")
                .with("temperature", 0.0)
                .with("messages", messages)
                .text();
        String answer = answers.get(key, missing -> model.complete(messages));
        // expensive end
        inStep(answers);
        assertThat(answers.get(key, missing -> model.complete(messages))).isEqualTo(answer);
        model.calls = 1;
        assertThat(answers.get(key, missing -> model.complete(messages))).isEqualTo(answer);
        assertThat(model.calls).isEqualTo(1);
        // forget begin
        answers.invalidatePrefix("summary.v1:");
        // forget end
        assertThat(answers.get(key, missing -> model.complete(messages))).isEqualTo(answer);
        assertThat(model.calls).isEqualTo(2);
    }

    @Test
    void warming() throws Exception {
        SqlCatalog repository = new SqlCatalog();
        TieredCache<Long, Product> products = TieredCache.<Long, Product>builder("product")
                .redis(link)
                .codec(JsonCodec.of(Product.class))
                .maximumSize(10_000)
                .bulkLoader(repository::findAll)
                .build();
        inStep(products);
        // warming begin
        CacheWarmer<Long> warmer = CacheWarmer.builder(products)
                .keys(KeySource.listed(() -> repository.mostSold(100)))
                .redis(link)
                .every(Duration.ofHours(1))
                .start();
        // warming end
        opened.add(warmer);
        // now begin
        WarmResult result = warmer.warmNow().get(30, SECONDS);
        // now end
        assertThat(result.outcome()).isEqualTo(WarmOutcome.COMPLETED);
        assertThat(products.get(1L).name()).isEqualTo("chair");
        assertThat(repository.reads).isEqualTo(1);
        // pages begin
        KeySource<Long> allProducts = KeySource.paged(last -> repository.idsAfter(last, 500));
        // pages end
        assertThat(allProducts.open()).containsExactly(1L);
    }

    @Test
    void wrappedService() {
        SqlCatalog sql = new SqlCatalog();
        // wrap begin
        TieredCache<Long, Product> products = TieredCache.<Long, Product>builder("product")
                .redis(link)
                .codec(JsonCodec.of(Product.class))
                .maximumSize(10_000)
                .build();
        TieredCache<String, List<Product>> searches = TieredCache.<String, List<Product>>builder("search")
                .redis(link)
                .codec(JsonCodec.of(new TypeReference<List<Product>>() {}))
                .maximumSize(1_000)
                .build();

        Catalog catalog = Cached.wrap(Catalog.class, sql, products, searches);
        // wrap end
        inStep(products);
        inStep(searches);
        assertThat(catalog.find(1)).isEqualTo(catalog.find(1));
        assertThat(catalog.search("chair", 1)).hasSize(1).isEqualTo(catalog.search("chair", 1));
        assertThat(sql.reads).isEqualTo(2);
        catalog.rename(1, "lamp");
        assertThat(catalog.find(1).name()).isEqualTo("lamp");
        assertThat(catalog.search("chair", 1)).isEmpty();
    }

    @Test
    void wrappedFunction() {
        TieredCache<String, Integer> cache = TieredCache.<String, Integer>builder("rate")
                .redis(link)
                .codec(JsonCodec.of(Integer.class))
                .maximumSize(100)
                .build();
        inStep(cache);
        Function<String, Integer> service = String::length;
        // function begin
        Function<String, Integer> rates = Cached.function(cache, service);
        // function end
        assertThat(rates.apply("EUR")).isEqualTo(3);
        assertThat(cache.getIfPresent("EUR")).isEqualTo(3);
    }

    @Test
    void code_inTheRecipes_isTheCodeThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/cache/RecipesTest.java"));
        String text = Files.readString(Path.of("../docs/cache-recipes.md"));
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
