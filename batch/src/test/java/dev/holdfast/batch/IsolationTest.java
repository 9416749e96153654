package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** Two tenants, whatever they do at a time, never share a batch, a value or a context. */
class IsolationTest {
    private final ThreadLocal<String> tenant = new ThreadLocal<>();
    private final ConcurrentLinkedQueue<String> tenantsOfBatches = new ConcurrentLinkedQueue<>();
    private final BatchFunction<Integer, String> source = (keys, call) -> {
        String of = call.get(String.class);
        tenantsOfBatches.add(of);
        Map<Integer, String> found = new HashMap<>();
        keys.forEach(key -> found.put(key, of + "/" + key));
        return found;
    };

    private enum Step {
        LOAD,
        LOAD_ALL,
        ASYNC,
        JOIN_ALL,
        MAP_ALL,
        CLEAR,
        ANNOUNCE
    }

    @Property(tries = 300)
    void interleavedScopes_onOneThread_neverMix(
            @ForAll @Size(min = 1, max = 40) List<Step> steps,
            @ForAll @Size(40) List<@IntRange(max = 2) Integer> choice,
            @ForAll @Size(40) List<@IntRange(max = 5) Integer> keys) {
        BatchLoader<Integer, String> loader = BatchLoader.mapped("row", source);
        List<Scoped> scopes = List.of(new Scoped("a"), new Scoped("b"), new Scoped("a again"));
        for (int i = 0; i < steps.size(); i++) {
            scopes.get(choice.get(i)).act(loader, steps.get(i), keys.get(i));
        }
        for (Scoped scoped : scopes) {
            scoped.finish();
        }
        scopes.forEach(Scoped::close);
    }

    /** A request that is worked on in turns with others. */
    private static final class Scoped {
        private final String name;
        private final Dispatcher dispatcher;
        private final BatchScope scope;
        private final List<CompletableFuture<String>> futures = new ArrayList<>();
        private final List<Integer> asked = new ArrayList<>();

        Scoped(String name) {
            this.name = name;
            this.scope = BatchScope.open(BatchContext.of(String.class, name));
            this.dispatcher = scope.dispatcher();
        }

        void act(BatchLoader<Integer, String> loader, Step step, int key) {
            Binding binding = new Binding(dispatcher, scope, null);
            binding.push();
            try {
                String expected = name + "/" + key;
                switch (step) {
                    case LOAD -> assertThat(loader.load(key)).isEqualTo(expected);
                    case LOAD_ALL -> assertThat(loader.loadAll(List.of(key))).isEqualTo(Map.of(key, expected));
                    case ASYNC -> {
                        futures.add(loader.loadAsync(key));
                        asked.add(key);
                    }
                    case JOIN_ALL -> finish();
                    case MAP_ALL ->
                        assertThat(scope.mapAll(List.of(key, key), loader::load))
                                .containsOnly(expected);
                    case CLEAR -> loader.clear(key);
                    case ANNOUNCE -> loader.announce(List.of(key));
                }
            } finally {
                binding.pop();
            }
        }

        void finish() {
            for (int i = 0; i < futures.size(); i++) {
                assertThat(futures.get(i).join()).isEqualTo(name + "/" + asked.get(i));
            }
            futures.clear();
            asked.clear();
        }

        void close() {
            scope.close();
            assertThat(scope.isClosed()).isTrue();
        }
    }

    @Test
    void outsideScopes_onlyEqualContextsShareABatch() throws Exception {
        BatchLoader<Integer, String> loader = BatchLoader.builder("row", source)
                .ambient(() -> BatchContext.of(String.class, tenant.get()))
                .build();
        ExecutorService pool = Executors.newFixedThreadPool(8);
        try {
            List<Future<String>> results = new ArrayList<>();
            for (int i = 0; i < 2_000; i++) {
                int key = i % 7;
                String of = "tenant " + i % 3;
                results.add(pool.submit(() -> {
                    tenant.set(of);
                    return key % 2 == 0
                            ? loader.load(key)
                            : loader.loadAsync(key).get(30, TimeUnit.SECONDS);
                }));
            }
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).get()).isEqualTo("tenant " + i % 3 + "/" + i % 7);
            }
        } finally {
            pool.shutdownNow();
        }
        assertThat(tenantsOfBatches).hasSizeLessThanOrEqualTo(2_000);
    }

    @Test
    void loadsOfABatchFunction_keepTheContextOfItsBatch() {
        BatchLoader<Integer, String> inner = BatchLoader.builder("inner", source)
                .ambient(() -> BatchContext.of(String.class, "somebody else"))
                .build();
        BatchLoader<Integer, String> outer = BatchLoader.<Integer, String>builder(
                        "outer", (keys, call) -> inner.loadAll(keys))
                .ambient(() -> BatchContext.of(String.class, "me"))
                .build();
        assertThat(outer.load(1)).isEqualTo("me/1");
        try (BatchScope scope = BatchScope.open(BatchContext.of(String.class, "scoped"))) {
            assertThat(outer.load(1)).isEqualTo("scoped/1");
            assertThat(scope.mapAll(List.of(2), outer::load)).containsExactly("scoped/2");
        }
    }

    @Test
    void callbacksAndNestedLoads_onOtherThreads_stayInTheirScope() {
        BatchLoader<Integer, String> loader = BatchLoader.mapped("row", source);
        BatchLoader<Integer, String> outer = BatchLoader.mapped("outer", (keys, call) -> loader.loadAll(keys));
        try (BatchScope scope = BatchScope.open(BatchContext.of(String.class, "mine"))) {
            CompletableFuture<String> chained = outer.loadAsync(1).thenCompose(first -> loader.loadAsync(2));
            // Waits without helping, so both batches run on a thread of the module.
            CompletableFuture.allOf(chained).join();
            assertThat(chained).isCompletedWithValue("mine/2");
            assertThat(loader.load(1)).isEqualTo("mine/1");
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(loader.stats().hits()).isEqualTo(1);
    }

    @Test
    void innermostScope_counts_andTheOuterOneIsBackAfterwards() {
        BatchLoader<Integer, String> loader = BatchLoader.mapped("row", source);
        try (BatchScope outer = BatchScope.open(BatchContext.of(String.class, "outer"))) {
            try (BatchScope inner = BatchScope.open(BatchContext.of(String.class, "inner"))) {
                assertThat(loader.load(1)).isEqualTo("inner/1");
                assertThat(BatchScope.current()).contains(inner);
            }
            assertThat(loader.load(1)).isEqualTo("outer/1");
            assertThat(BatchScope.current()).contains(outer);
        }
        assertThat(BatchScope.current()).isEmpty();
    }
}
