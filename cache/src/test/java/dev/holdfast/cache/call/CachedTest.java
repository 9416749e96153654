package dev.holdfast.cache.call;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.InstanceOfAssertFactories.type;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.holdfast.cache.CacheLoadException;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.jackson.JsonCodec;
import dev.holdfast.core.ConfigurationException;
import dev.holdfast.core.Problem;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Services and functions behind their caches: what is called when, and what comes out. */
class CachedTest {
    record Product(long id, String name) {}

    interface Named<T> {
        T byName(String name);
    }

    interface Catalog extends Named<Product> {
        @CacheResult("product")
        Product find(long id) throws IOException;

        @CacheResult("search")
        List<Product> search(String text, int page);

        @CacheResult("optional")
        Optional<Product> seek(Long id);

        @CacheResult("count")
        int count();

        @Override
        @CacheResult("name")
        Product byName(String name);

        @CacheInvalidate("product")
        @CacheInvalidate(value = "search", everything = true)
        @CacheInvalidate(value = "count", everything = true)
        void rename(@CacheKey long id, String name) throws IOException;

        String uncached(String text);

        default String greeting() {
            return "hello from " + uncached("here");
        }
    }

    static class SqlCatalog implements Catalog {
        final List<String> calls = Collections.synchronizedList(new ArrayList<>());
        final Map<Long, String> names = new ConcurrentHashMap<>(Map.of(1L, "chair"));

        private Product product(Long id) {
            String name = names.get(id);
            return name == null ? null : new Product(id, name);
        }

        @Override
        public Product find(long id) throws IOException {
            calls.add("find " + id);
            if (id < 0) {
                throw new IOException("no table " + id);
            }
            return product(id);
        }

        @Override
        public List<Product> search(String text, int page) {
            calls.add("search " + text + " " + page);
            return names.containsValue(text) ? List.of(new Product(1, text)) : List.of();
        }

        @Override
        public Optional<Product> seek(Long id) {
            calls.add("seek " + id);
            return Optional.ofNullable(id).map(this::product);
        }

        @Override
        public int count() {
            calls.add("count");
            return names.size();
        }

        @Override
        public Product byName(String name) {
            calls.add("byName " + name);
            return new Product(1, name);
        }

        @Override
        public void rename(long id, String name) throws IOException {
            calls.add("rename " + id);
            names.put(id, name);
            if (name.isEmpty()) {
                throw new IOException("committed, then the connection broke");
            }
        }

        @Override
        public String uncached(String text) {
            calls.add("uncached");
            return text;
        }

        @Override
        public String toString() {
            return "SqlCatalog";
        }
    }

    private final List<TieredCache<?, ?>> opened = new ArrayList<>();
    private final SqlCatalog sql = new SqlCatalog();

    private <K, V> TieredCache<K, V> cache(String name) {
        TieredCache<K, V> cache = TieredCache.<K, V>builder(name)
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .retryAfter(Duration.ZERO)
                .build();
        opened.add(cache);
        return cache;
    }

    private Catalog wrapped() {
        return Cached.wrap(
                Catalog.class,
                sql,
                cache("product"),
                cache("search"),
                cache("optional"),
                cache("name"),
                cache("count"));
    }

    @AfterEach
    void close() {
        opened.forEach(TieredCache::close);
    }

    @Test
    void result_isComputedOncePerKey() throws Exception {
        Catalog catalog = wrapped();
        assertThat(catalog.find(1)).isEqualTo(new Product(1, "chair")).isSameAs(catalog.find(1));
        assertThat(catalog.search("chair", 1)).isEqualTo(catalog.search("chair", 1));
        catalog.search("chair", 2);
        assertThat(List.of(catalog.count(), catalog.count())).containsOnly(1);
        assertThat(sql.calls).containsExactly("find 1", "search chair 1", "search chair 2", "count");
    }

    @Test
    void result_ofNull_isNull() throws Exception {
        assertThat(wrapped().find(7)).isNull();
    }

    @Test
    void optional_isCachedAsItsContent() {
        Catalog catalog = wrapped();
        assertThat(catalog.seek(1L)).contains(new Product(1, "chair")).isEqualTo(catalog.seek(1L));
        assertThat(catalog.seek(7L)).isEmpty();
        assertThat(sql.calls).containsExactly("seek 1", "seek 7");
    }

    @Test
    void key_null_goesStraightToTheImplementation() {
        Catalog catalog = wrapped();
        assertThat(catalog.seek(null)).isEmpty();
        assertThat(catalog.seek(null)).isEmpty();
        assertThat(sql.calls).containsExactly("seek null", "seek null");
    }

    @Test
    void exception_comesThroughAsItIsAndIsNotCached() {
        Catalog catalog = wrapped();
        assertThatThrownBy(() -> catalog.find(-1))
                .isExactlyInstanceOf(IOException.class)
                .hasMessage("no table -1");
        assertThatThrownBy(() -> catalog.find(-1)).isExactlyInstanceOf(IOException.class);
        assertThat(sql.calls).hasSize(2);
    }

    @Test
    void exception_reachesThoseWhoJoinedTheCall() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        IllegalStateException failure = new IllegalStateException("the one and only");
        Function<String, String> slow = Cached.function(cache("slow"), key -> {
            begun.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            throw failure;
        });
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<String> first = threads.submit(() -> slow.apply("k"));
            assertThat(begun.await(10, SECONDS)).isTrue();
            Future<String> second = threads.submit(() -> slow.apply("k"));
            go.countDown();
            assertThatThrownBy(() -> first.get(10, SECONDS)).hasCause(failure);
            assertThatThrownBy(() -> second.get(10, SECONDS)).hasCause(failure);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void change_invalidatesWhatItSays() throws Exception {
        Catalog catalog = wrapped();
        catalog.find(1);
        catalog.search("chair", 1);
        catalog.seek(1L);
        catalog.rename(1, "lamp");
        assertThat(catalog.find(1)).isEqualTo(new Product(1, "lamp"));
        assertThat(catalog.search("chair", 1)).isEmpty();
        assertThat(catalog.seek(1L)).as("another cache").contains(new Product(1, "chair"));
    }

    @Test
    void change_thatThrows_invalidatesAllTheSame() throws Exception {
        Catalog catalog = wrapped();
        catalog.find(1);
        assertThatThrownBy(() -> catalog.rename(1, "")).isExactlyInstanceOf(IOException.class);
        assertThat(catalog.find(1)).isEqualTo(new Product(1, ""));
    }

    @Test
    void method_inheritedWithATypeParameter_isCachedHoweverItIsCalled() {
        Catalog catalog = wrapped();
        Named<Product> named = catalog;
        assertThat(named.byName("x")).isSameAs(catalog.byName("x")).isSameAs(named.byName("x"));
        assertThat(sql.calls).containsExactly("byName x");
    }

    @Test
    void methods_withoutAnnotation_goStraightToTheImplementation() {
        Catalog catalog = wrapped();
        assertThat(catalog.uncached("a")).isEqualTo("a");
        assertThat(catalog.greeting()).isEqualTo("hello from here");
        assertThat(sql.calls).containsExactly("uncached", "uncached");
    }

    @Test
    void proxy_equalsWhatWrapsTheSame() {
        Catalog catalog = wrapped();
        Catalog again = wrapped();
        assertThat(catalog.equals(catalog)).isTrue();
        assertThat(catalog).isEqualTo(again).hasSameHashCodeAs(again).hasToString("Cached[Catalog, SqlCatalog]");
        assertThat(catalog.equals(sql)).isFalse();
        assertThat(catalog.equals(null)).isFalse();
        assertThat(catalog).isNotEqualTo(Cached.wrap(Runnable.class, () -> {}));
    }

    interface Later {
        @CacheResult("future")
        CompletableFuture<Product> future(long id);

        @CacheResult("stage")
        CompletionStage<Product> stage(long id);

        @CacheInvalidate("future")
        CompletableFuture<String> change(long id);
    }

    static final class Remote implements Later {
        final List<String> calls = Collections.synchronizedList(new ArrayList<>());
        volatile CompletableFuture<Product> answer = new CompletableFuture<>();
        volatile CompletableFuture<String> changed = new CompletableFuture<>();

        @Override
        public CompletableFuture<Product> future(long id) {
            calls.add("future");
            return answer;
        }

        @Override
        public CompletionStage<Product> stage(long id) {
            calls.add("stage");
            throw new IllegalArgumentException("no such thing");
        }

        @Override
        public CompletableFuture<String> change(long id) {
            calls.add("change");
            return changed;
        }
    }

    @Test
    void future_isCachedAsWhatItYieldsAndNobodyWaits() throws Exception {
        Remote remote = new Remote();
        Later later = Cached.wrap(Later.class, remote, cache("future"), cache("stage"));
        CompletableFuture<Product> one = later.future(1);
        CompletableFuture<Product> other = later.future(1);
        assertThat(one).isNotDone();
        remote.answer.complete(new Product(1, "chair"));
        assertThat(one.get(10, SECONDS)).isEqualTo(new Product(1, "chair")).isSameAs(other.get(10, SECONDS));
        assertThat(later.future(1)).isCompletedWithValue(new Product(1, "chair"));
        assertThat(remote.calls).containsExactly("future");
    }

    @Test
    void future_thatFails_failsWithWhatTheImplementationGave() {
        Remote remote = new Remote();
        Later later = Cached.wrap(Later.class, remote, cache("future"), cache("stage"));
        CompletableFuture<Product> one = later.future(1);
        remote.answer.completeExceptionally(new CompletionException(new IOException("reset")));
        assertThat(one)
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseExactlyInstanceOf(IOException.class);
        assertThat(later.stage(1).toCompletableFuture())
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseExactlyInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void change_thatEndsLater_invalidatesThenAndNotBefore() throws Exception {
        Remote remote = new Remote();
        Later later = Cached.wrap(Later.class, remote, cache("future"), cache("stage"));
        remote.answer.complete(new Product(1, "chair"));
        later.future(1).get(10, SECONDS);
        CompletableFuture<String> change = later.change(1);
        later.future(1).get(10, SECONDS);
        assertThat(remote.calls).containsExactly("future", "change");
        remote.changed.complete("done");
        assertThat(change.get(10, SECONDS)).isEqualTo("done");
        later.future(1).get(10, SECONDS);
        assertThat(remote.calls).containsExactly("future", "change", "future");
    }

    interface Tagged {
        @CacheResult("tagged")
        String find(long id);

        @CacheInvalidate(value = "tagged", tags = "odd")
        void changeOdd();

        @CacheInvalidate(value = "tagged", tags = "odd")
        CompletableFuture<String> changeOddLater();

        @CacheInvalidate(value = "tagged", everything = true)
        CompletableFuture<String> changeAllLater();
    }

    static final class Counting implements Tagged {
        private int calls;

        @Override
        public String find(long id) {
            return id + " " + ++calls;
        }

        @Override
        public void changeOdd() {}

        @Override
        public CompletableFuture<String> changeOddLater() {
            return CompletableFuture.failedFuture(new IOException("committed, then the connection broke"));
        }

        @Override
        public CompletableFuture<String> changeAllLater() {
            return CompletableFuture.completedFuture("done");
        }
    }

    @Test
    void change_ofATagOrEverything_invalidatesJustThat() throws Exception {
        TieredCache<Long, String> cache = TieredCache.<Long, String>builder("tagged")
                .redis(RedisLink.disabled())
                .maximumSize(100)
                .tags(value -> value.startsWith("1 ") ? Set.of("odd") : Set.of("even"))
                .build();
        opened.add(cache);
        Tagged tagged = Cached.wrap(Tagged.class, new Counting(), cache);
        assertThat(List.of(tagged.find(1), tagged.find(2), tagged.find(1))).containsExactly("1 1", "2 2", "1 1");
        tagged.changeOdd();
        assertThat(List.of(tagged.find(1), tagged.find(2))).containsExactly("1 3", "2 2");
        assertThat(tagged.changeOddLater())
                .failsWithin(Duration.ofSeconds(10))
                .withThrowableThat()
                .withCauseExactlyInstanceOf(IOException.class);
        assertThat(List.of(tagged.find(1), tagged.find(2))).containsExactly("1 4", "2 2");
        assertThat(tagged.changeAllLater().get(10, SECONDS)).isEqualTo("done");
        assertThat(List.of(tagged.find(1), tagged.find(2))).containsExactly("1 5", "2 6");
    }

    interface Wrong {
        @CacheResult("nowhere")
        String unknown(int id);

        @CacheResult("a")
        void nothing(int id);

        @CacheResult("a")
        Stream<String> stream(int id);

        @CacheResult("a")
        Future<String> future(int id);

        @CacheResult("shared")
        String one(int id);

        @CacheResult("shared")
        String two(int id);

        @CacheResult("keys")
        String byId(int id);

        @CacheInvalidate("keys")
        void drop(int id, String why);

        @CacheResult("b")
        @CacheInvalidate("b")
        String both(int id);

        void stray(@CacheKey int id);
    }

    @Test
    void interface_withMistakes_isRefusedWithAllOfThem() {
        Wrong wrong = (Wrong) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {Wrong.class}, (proxy, method, arguments) -> null);
        assertThatThrownBy(
                        () -> Cached.wrap(Wrong.class, wrong, cache("a"), cache("b"), cache("shared"), cache("keys")))
                .asInstanceOf(type(ConfigurationException.class))
                .satisfies(e -> assertThat(e.problems())
                        .extracting(Problem::property, Problem::code)
                        .containsExactlyInAnyOrder(
                                tuple("Wrong.unknown", "cached.cache"),
                                tuple("Wrong.nothing", "cached.result"),
                                tuple("Wrong.stream", "cached.result"),
                                tuple("Wrong.future", "cached.result"),
                                tuple("Wrong.two", "cached.shared"),
                                tuple("Wrong.drop", "cached.key"),
                                tuple("Wrong.both", "cached.both"),
                                tuple("Wrong.stray", "cached.key")));
        assertThatThrownBy(() -> Cached.wrap(String.class, "x")).hasMessageContaining("not an interface");
        assertThatThrownBy(() -> Cached.wrap(Runnable.class, () -> {}, cache("twice"), cache("twice")))
                .hasMessageContaining("twice");
    }

    @Test
    void cache_thatHoldsAnothersValues_isFoundOut() {
        TieredCache<String, Object> shared = cache("name");
        shared.put("x", "a text");
        Catalog catalog = Cached.wrap(
                Catalog.class, sql, shared, cache("product"), cache("search"), cache("optional"), cache("count"));
        assertThatThrownBy(() -> catalog.byName("x"))
                .isInstanceOf(ClassCastException.class)
                .hasMessageContaining("cache 'name' holds a java.lang.String for Catalog.byName");
    }

    @Test
    void functions_rememberTheirResults() {
        List<Object> calls = new ArrayList<>();
        Function<Long, String> one = Cached.function(cache("one"), id -> {
            calls.add(id);
            return id == 0 ? null : "v" + id;
        });
        BiFunction<String, Integer, String> two = Cached.biFunction(cache("two"), (text, page) -> {
            calls.add(text + page);
            return text + page;
        });
        Supplier<List<String>> none = Cached.supplier(cache("none"), "all", () -> {
            calls.add("all");
            return List.of("x");
        });
        for (int i = 0; i < 2; i++) {
            assertThat(one.apply(1L)).isEqualTo("v1");
            assertThat(two.apply("a", 1)).isEqualTo("a1");
            assertThat(two.apply(null, null)).isEqualTo("nullnull");
            assertThat(none.get()).containsExactly("x");
        }
        assertThat(calls).containsExactly(1L, "a1", "nullnull", "all");
        assertThat(one.apply(0L)).isNull();
    }

    @Test
    void function_thatThrows_throwsTheSame() {
        Function<String, String> error = Cached.function(cache("error"), key -> {
            throw new StackOverflowError("deep");
        });
        assertThatThrownBy(() -> error.apply("k")).isExactlyInstanceOf(StackOverflowError.class);
        Function<String, String> own = Cached.function(cache("own"), key -> {
            throw new CacheLoadException("of another cache", null);
        });
        assertThatThrownBy(() -> own.apply("k"))
                .isExactlyInstanceOf(CacheLoadException.class)
                .hasMessage("of another cache");
    }

    @Test
    @Servers
    void service_onRealRedis_sharesResultsWithOtherNodes(RedisServer redis) throws Exception {
        SqlCatalog here = new SqlCatalog();
        SqlCatalog there = new SqlCatalog();
        try (RedisLink linkA = RedisLink.connect(redis.uri());
                RedisLink linkB = RedisLink.connect(redis.uri())) {
            assertThat(linkA.awaitUp(Duration.ofSeconds(10))).isTrue();
            assertThat(linkB.awaitUp(Duration.ofSeconds(10))).isTrue();
            Catalog a = onRedis(here, linkA);
            Catalog b = onRedis(there, linkB);
            await().untilAsserted(() -> {
                here.calls.clear();
                there.calls.clear();
                a.rename(1, "chair");
                assertThat(a.search("chair", 1)).isEqualTo(b.search("chair", 1));
                assertThat(a.find(1)).isEqualTo(b.find(1));
                assertThat(there.calls).isEmpty();
            });
            a.rename(1, "lamp");
            there.names.put(1L, "lamp");
            await().untilAsserted(() -> assertThat(b.find(1)).isEqualTo(new Product(1, "lamp")));
        }
    }

    private Catalog onRedis(SqlCatalog sql, RedisLink link) {
        TieredCache<Long, Product> products = TieredCache.<Long, Product>builder("product")
                .redis(link)
                .codec(JsonCodec.of(Product.class))
                .maximumSize(100)
                .build();
        TieredCache<String, List<Product>> searches = TieredCache.<String, List<Product>>builder("search")
                .redis(link)
                .codec(JsonCodec.of(new TypeReference<List<Product>>() {}))
                .maximumSize(100)
                .build();
        opened.add(products);
        opened.add(searches);
        return Cached.wrap(Catalog.class, sql, products, searches, cache("optional"), cache("name"), cache("count"));
    }
}
