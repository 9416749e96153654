package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.ConfigurationException;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What a loader returns, remembers, refuses and counts. */
class BatchLoaderTest {
    private final CountingSource<Long, String> source = CountingSource.users();
    private final BatchLoader<Long, String> users = BatchLoader.mapped("user", source);

    // ---- Values.

    @Test
    void load_returnsTheValue_andNullForNone() {
        assertThat(users.load(7L)).isEqualTo("user 7");
        assertThat(users.load(-7L)).isNull();
    }

    @Test
    void loadAll_returnsWhatWasFound_inTheOrderOfTheKeys() {
        assertThat(users.loadAll(List.of(3L, -1L, 2L, 3L)))
                .containsExactly(Map.entry(3L, "user 3"), Map.entry(2L, "user 2"));
        assertThat(source.calls).containsExactly(List.of(3L, -1L, 2L));
        assertThat(users.loadAll(List.of())).isEmpty();
    }

    @Test
    void ordered_withFewerValuesThanKeys_failsAll_andRemembersNothing() {
        BatchLoader<Long, String> bad = BatchLoader.ordered("bad", (keys, call) -> List.of("only one"));
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.context()).isEqualTo(BatchContext.empty());
            for (int i = 0; i < 2; i++) {
                assertThatThrownBy(() -> bad.loadAll(List.of(1L, 2L)))
                        .isInstanceOf(BatchLoadException.class)
                        .hasMessage(
                                "loader 'bad': asked for 2 keys, got a list of 1: return one element for each key, in the"
                                        + " order of the keys, null where there is no value; keys [1, 2]");
            }
        }
        assertThat(bad.stats().batches()).isEqualTo(2);
    }

    @Test
    void ordered_withMoreValuesThanKeys_failsAll() {
        BatchLoader<Long, String> bad = BatchLoader.ordered("bad", (keys, call) -> List.of("a", "b", "c"));
        assertThatThrownBy(() -> bad.load(1L)).hasMessageContaining("asked for 1 keys, got a list of 3");
    }

    @Test
    void ordered_matchesByPosition_withNullForNone() {
        BatchLoader<Long, String> letters =
                BatchLoader.ordered("letters", (keys, call) -> Arrays.asList("a", null, "c"));
        assertThat(letters.loadAll(List.of(1L, 2L, 3L))).isEqualTo(Map.of(1L, "a", 3L, "c"));
    }

    @Test
    void mapped_withTooFew_yieldsNulls() {
        BatchLoader<Long, String> sparse = BatchLoader.mapped("sparse", (keys, call) -> Map.of(2L, "b"));
        try (BatchScope scope = BatchScope.open()) {
            List<CompletableFuture<String>> all =
                    List.of(sparse.loadAsync(1L), sparse.loadAsync(2L), sparse.loadAsync(3L));
            assertThat(all.stream().map(scope::join).toList()).containsExactly(null, "b", null);
        }
    }

    @Test
    void mapped_withForeignKeys_fails_andNamesThem() {
        BatchLoader<Long, String> bad = BatchLoader.mapped("bad", (keys, call) -> Map.of(9L, "x"));
        assertThatThrownBy(() -> bad.load(1L))
                .isInstanceOf(BatchLoadException.class)
                .hasMessageStartingWith(
                        "loader 'bad': the batch function returned keys that nobody asked for: [9]; asked for [1]")
                .hasMessageContaining("keyNormalizer");
    }

    @Test
    void mapped_withANullKeyOrANullMap_fails() {
        BatchLoader<Long, String> nullKey =
                BatchLoader.mapped("bad", (keys, call) -> new HashMap<>(Collections.singletonMap(null, "x")));
        assertThatThrownBy(() -> nullKey.load(1L)).hasMessageContaining("keys that nobody asked for: [null]");
        BatchLoader<Long, String> nothing = BatchLoader.mapped("bad", (keys, call) -> null);
        assertThatThrownBy(() -> nothing.load(1L)).hasMessageContaining("returned null instead of a map");
    }

    @Test
    void grouped_sortsRowsByKey_withAnEmptyListForNone() {
        BatchLoader<Integer, List<String>> byLength =
                BatchLoader.grouped("words", (keys, call) -> List.of("a", "to", "b", "of"), String::length);
        assertThat(byLength.loadAll(List.of(1, 2, 3)))
                .isEqualTo(Map.of(1, List.of("a", "b"), 2, List.of("to", "of"), 3, List.of()));
        assertThatThrownBy(() -> byLength.loadAll(List.of(1)))
                .hasMessageContaining("keys that nobody asked for: [2]; asked for [1]");
    }

    @Test
    void keysThatOnlyTheSourceTakesForEqual_areAnError_orMatchByANormalizer() {
        BatchFunction<BigDecimal, String> database = (keys, call) -> Map.of(new BigDecimal("1.00"), "one");
        assertThatThrownBy(() -> BatchLoader.mapped("price", database).load(new BigDecimal("1.0")))
                .hasMessageContaining("[1.00]; asked for [1.0]");
        BatchLoader<BigDecimal, String> normal = BatchLoader.builder("price", database)
                .keyNormalizer(BigDecimal::stripTrailingZeros)
                .build();
        assertThat(normal.load(new BigDecimal("1.0"))).isEqualTo("one");
        assertThat(normal.loadAll(List.of(new BigDecimal("1.000"))))
                .containsExactly(Map.entry(new BigDecimal("1.000"), "one"));
    }

    // ---- Keys.

    @Test
    void nullKey_failsBeforeItIsQueued() {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> other = users.loadAsync(1L);
            assertThatThrownBy(() -> users.loadAsync(null))
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("a key of loader 'user' is null: filter nulls before loading");
            assertThatThrownBy(() -> users.loadAll(Arrays.asList(2L, null))).isInstanceOf(NullPointerException.class);
            assertThat(scope.join(other)).isEqualTo("user 1");
        }
        assertThat(source.calls).containsExactly(List.of(1L));
    }

    @Test
    @SuppressWarnings({"unchecked", "rawtypes"}) // the mistake that is to be found out
    void mistypedKey_failsBeforeItIsQueued() {
        BatchLoader typed =
                BatchLoader.builder("user", source).keyType(Long.class).build();
        assertThatThrownBy(() -> typed.load(5))
                .isInstanceOf(ClassCastException.class)
                .hasMessage(
                        "key 5 of loader 'user' is a java.lang.Integer, not a java.lang.Long: convert it where it is"
                                + " asked for");
        assertThat(source.calls).isEmpty();
    }

    @Test
    void settingsThatCannotWork_areRefusedTogether() {
        assertThatThrownBy(() -> BatchLoader.builder("a b", source)
                        .maximumBatchSize(0)
                        .timeout(Duration.ofSeconds(-1))
                        .retry(0, failure -> true, null)
                        .build())
                .isInstanceOfSatisfying(
                        ConfigurationException.class,
                        e -> assertThat(e.problems().stream().map(p -> p.property() + "=" + p.value()))
                                .containsExactly("name=a b", "maximumBatchSize=0", "timeout=PT-1S", "attempts=0"));
        assertThatThrownBy(() -> BatchScope.builder().parallelism(0).open())
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("parallelism '0'");
    }

    // ---- Batches.

    @Test
    void maximumBatchSize_isNotFilledByDuplicates() {
        BatchLoader<Long, String> small =
                BatchLoader.builder("user", source).maximumBatchSize(2).build();
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.mapAll(List.of(1L, 1L, 2L), small::load)).containsExactly("user 1", "user 1", "user 2");
            assertThat(small.loadAll(List.of(5L, 6L, 7L, 8L, 9L))).hasSize(5);
        }
        assertThat(source.sizes()).containsExactly(2, 2, 2, 1);
    }

    @Test
    void outsideScopes_nothingIsRemembered() {
        users.load(1L);
        users.load(1L);
        assertThat(source.calls).hasSize(2);
    }

    @Test
    void announce_isTakenAlongAsFarAsTheSizeAllows() {
        BatchLoader<Long, String> small =
                BatchLoader.builder("user", source).maximumBatchSize(3).build();
        try (BatchScope scope = BatchScope.open()) {
            small.announce(List.of("1", "22", "333", "4444"), text -> (long) text.length());
            small.announce(List.of("none"), text -> null);
            for (long id = 1; id <= 4; id++) {
                assertThat(small.load(id)).isEqualTo("user " + id);
            }
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(source.calls).containsExactly(List.of(1L, 2L, 3L), List.of(4L));
        assertThatThrownBy(() -> small.announce(List.of(1L)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("outside a scope");
    }

    // ---- What a scope remembers.

    @Test
    void scope_remembersValuesAndTheirAbsence_butNoFailures() {
        AtomicIntegerSource failing = new AtomicIntegerSource();
        BatchLoader<Long, String> loader = BatchLoader.mapped("failing", failing);
        try (BatchScope scope = BatchScope.open()) {
            assertThatThrownBy(() -> loader.load(1L))
                    .isInstanceOf(BatchLoadException.class)
                    .hasCauseInstanceOf(IOException.class)
                    .hasMessageContaining("failed for 1 keys [1]: java.io.IOException: call 1");
            assertThat(loader.load(1L)).isNull();
            assertThat(loader.load(1L)).isNull();
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(failing.calls).isEqualTo(2);
    }

    private static final class AtomicIntegerSource implements BatchFunction<Long, String> {
        private int calls;

        @Override
        public Map<Long, String> load(java.util.Set<Long> keys, BatchCall<Long> call) throws IOException {
            if (++calls == 1) {
                throw new IOException("call 1");
            }
            return Map.of();
        }
    }

    @Test
    void prime_givesAValue_andClear_forgetsIt() {
        try (BatchScope scope = BatchScope.open()) {
            users.prime(1L, "primed");
            users.prime(2L, null);
            assertThat(users.load(1L)).isEqualTo("primed");
            assertThat(users.load(2L)).isNull();
            users.clear(1L);
            assertThat(users.load(1L)).isEqualTo("user 1");
            users.clearAll();
            assertThat(users.load(2L)).isEqualTo("user 2");
            scope.clear();
            assertThat(users.load(2L)).isEqualTo("user 2");
        }
        assertThat(source.calls).containsExactly(List.of(1L), List.of(2L), List.of(2L));
        assertThatThrownBy(() -> users.prime(1L, "x")).isInstanceOf(IllegalStateException.class);
        assertThatCode(() -> users.clear(1L)).doesNotThrowAnyException();
    }

    @Test
    void writeThenLoad_isFresh_andALateBatchDoesNotReplaceIt() {
        Map<Long, String> table = new HashMap<>(Map.of(1L, "old"));
        List<CompletableFuture<String>> later = new java.util.ArrayList<>();
        List<BatchLoader<Long, String>> self = new java.util.ArrayList<>();
        BatchLoader<Long, String> loader = BatchLoader.mapped("row", (keys, call) -> {
            Map<Long, String> read = new HashMap<>(table);
            if (later.isEmpty()) { // while this batch is under way, the row is written
                table.put(1L, "new");
                self.get(0).clear(1L);
                later.add(self.get(0).loadAsync(1L));
            }
            return read;
        });
        self.add(loader);
        try (BatchScope scope = BatchScope.open()) {
            assertThat(loader.load(1L)).isEqualTo("old");
            assertThat(scope.join(later.get(0))).isEqualTo("new");
            assertThat(loader.load(1L)).isEqualTo("new");
        }
    }

    @Test
    void prime_duringABatch_staysInForce() {
        List<BatchLoader<Long, String>> self = new java.util.ArrayList<>();
        BatchLoader<Long, String> loader = BatchLoader.mapped("row", (keys, call) -> {
            self.get(0).prime(1L, "primed");
            return Map.of(1L, "read before");
        });
        self.add(loader);
        try (BatchScope scope = BatchScope.open()) {
            assertThat(loader.load(1L)).isEqualTo("read before");
            assertThat(loader.load(1L)).isEqualTo("primed");
            assertThat(scope.isClosed()).isFalse();
        }
    }

    @Test
    void withoutCache_waitingLoadsOfAKeyAreStillOne() {
        BatchLoader<Long, String> fresh =
                BatchLoader.builder("user", source).withoutCache().build();
        try (BatchScope scope = BatchScope.open()) {
            assertThat(scope.mapAll(List.of(1L, 1L, 1L), fresh::load)).containsOnly("user 1");
            fresh.load(1L);
        }
        assertThat(source.calls).containsExactly(List.of(1L), List.of(1L));
    }

    // ---- Failures.

    @Test
    void failedKey_failsAlone() {
        BatchLoader<Long, String> loader = BatchLoader.mapped("user", (keys, call) -> {
            call.fail(2L, new IOException("row 2 is broken"));
            return Map.of(1L, "one", 3L, "three");
        });
        try (BatchScope scope = BatchScope.open()) {
            Map<Long, CompletableFuture<String>> all = new LinkedHashMap<>();
            LongStream.rangeClosed(1, 3).forEach(id -> all.put(id, loader.loadAsync(id)));
            assertThat(scope.join(all.get(1L))).isEqualTo("one");
            assertThatThrownBy(() -> all.get(2L).join())
                    .isInstanceOf(CompletionException.class)
                    .cause()
                    .isInstanceOf(BatchLoadException.class)
                    .hasMessage("loader 'user': key 2 failed: java.io.IOException: row 2 is broken");
            assertThat(scope.join(all.get(3L))).isEqualTo("three");
        }
        assertThat(loader.stats().failures()).isEqualTo(1);
    }

    @Test
    void failingAKeyThatNobodyAskedFor_isRefused() {
        BatchLoader<Long, String> loader = BatchLoader.mapped("user", (keys, call) -> {
            call.fail(2L, new IOException("x"));
            return Map.of();
        });
        assertThatThrownBy(() -> loader.load(1L))
                .hasRootCauseMessage("key 2 is not one of the 1 keys of this call of loader"
                        + " 'user': fail keys that were asked for");
    }

    @Test
    void retry_asksForFailedKeysOnly() {
        CountingSource<Long, String> recorded = CountingSource.users();
        BatchLoader<Long, String> loader = BatchLoader.builder(
                        "user", (java.util.Set<Long> keys, BatchCall<Long> call) -> {
                            Map<Long, String> found = recorded.load(keys, call);
                            if (call.attempt() < 3) {
                                keys.stream().filter(id -> id % 2 == 0).forEach(id -> {
                                    found.remove(id);
                                    call.fail(id, new IOException("attempt " + call.attempt()));
                                });
                            }
                            return found;
                        })
                .retry(3, failure -> failure instanceof IOException, null)
                .build();
        assertThat(loader.loadAll(List.of(1L, 2L, 3L, 4L))).hasSize(4).containsEntry(2L, "user 2");
        assertThat(recorded.calls).containsExactly(List.of(1L, 2L, 3L, 4L), List.of(2L, 4L), List.of(2L, 4L));
        assertThat(loader.stats().retries()).isEqualTo(4);
        assertThat(loader.stats().failures()).isZero();
    }

    @Test
    void retry_isNotForFailuresThatLast() {
        BatchLoader<Long, String> loader = BatchLoader.<Long, String>builder("user", (keys, call) -> {
                    throw new IllegalStateException("attempt " + call.attempt());
                })
                .retry(3, failure -> failure instanceof IOException, null)
                .build();
        assertThatThrownBy(() -> loader.load(1L)).hasRootCauseMessage("attempt 1");
    }

    @Test
    void eachCallerGetsItsOwnStackTrace() {
        BatchLoader<Long, String> loader = BatchLoader.mapped("user", (keys, call) -> {
            throw new IOException("down");
        });
        try (BatchScope scope = BatchScope.open()) {
            ConcurrentLinkedQueue<Throwable> thrown = new ConcurrentLinkedQueue<>();
            scope.mapAll(List.of(1L, 1L), id -> {
                try {
                    return loader.load(id);
                } catch (BatchLoadException e) {
                    thrown.add(e);
                    return null;
                }
            });
            assertThat(thrown).hasSize(2).doesNotHaveDuplicates();
            assertThat(thrown.stream().map(Throwable::getCause).collect(Collectors.toSet()))
                    .hasSize(1);
        }
    }

    // ---- Futures.

    @Test
    void cancelling_endsTheWaitOfOneCallerOnly() {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<String> one = users.loadAsync(1L);
            CompletableFuture<String> other = users.loadAsync(1L);
            assertThat(one.cancel(true)).isTrue();
            assertThat(one.orTimeout(1, TimeUnit.NANOSECONDS)).isCancelled();
            assertThat(scope.join(other)).isEqualTo("user 1");
            assertThat(users.load(1L)).isEqualTo("user 1");
        }
        assertThat(source.calls).containsExactly(List.of(1L));
    }

    @Test
    void loadAllAsync_completesLikeLoadAll() throws Exception {
        try (BatchScope scope = BatchScope.open()) {
            CompletableFuture<Map<Long, String>> all = users.loadAllAsync(List.of(1L, -1L, 2L, 2L));
            assertThat(all.get()).containsExactly(Map.entry(1L, "user 1"), Map.entry(2L, "user 2"));
            assertThat(users.loadAllAsync(List.of()).join()).isEmpty();
            assertThat(scope.isClosed()).isFalse();
        }
        assertThat(users.loadAllAsync(List.of(3L)).join()).isEqualTo(Map.of(3L, "user 3"));
        BatchLoader<Long, String> bad = BatchLoader.mapped("bad", (keys, call) -> {
            throw new IOException("down");
        });
        assertThatThrownBy(() -> bad.loadAllAsync(List.of(1L, 2L)).join()).hasCauseInstanceOf(BatchLoadException.class);
        assertThat(source.calls).hasSize(2);
    }

    // ---- Counting.

    @Test
    void statsAndMetrics_sayWhatHappened() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        users.metrics().bindTo(registry);
        try (BatchScope scope = BatchScope.open()) {
            users.loadAll(List.of(1L, 2L, 3L));
            users.load(1L);
            assertThat(scope.isClosed()).isFalse();
        }
        BatchStats stats = users.stats();
        assertThat(stats.loads()).isEqualTo(4);
        assertThat(stats.hits()).isEqualTo(1);
        assertThat(stats.batches()).isEqualTo(1);
        assertThat(stats.meanBatchSize()).isEqualTo(3);
        assertThat(stats.nanos()).isPositive();
        Map<String, Double> measured = registry.getMeters().stream()
                .collect(Collectors.toMap(
                        meter -> meter.getId().getName(), BatchLoaderTest::first, (a, b) -> a, LinkedHashMap::new));
        assertThat(measured)
                .containsEntry("holdfast.batch.loads", 4.0)
                .containsEntry("holdfast.batch.hits", 1.0)
                .containsEntry("holdfast.batch.keys", 3.0)
                .containsEntry("holdfast.batch.batches", 1.0)
                .containsEntry("holdfast.batch.failures", 0.0)
                .containsEntry("holdfast.batch.retries", 0.0)
                .containsEntry("holdfast.batch.timeouts", 0.0)
                .hasSize(7);
    }

    private static double first(Meter meter) {
        return meter.measure().iterator().next().getValue();
    }

    @Test
    void context_holdsOneValuePerType() {
        BatchContext context =
                BatchContext.of(String.class, "acme").with(Integer.class, 1).with(Integer.class, 2);
        assertThat(context.get(Integer.class)).isEqualTo(2);
        assertThat(context.find(Long.class)).isEmpty();
        assertThat(context).isEqualTo(BatchContext.of(Integer.class, 2).with(String.class, "acme"));
        assertThat(context).hasToString("BatchContext[class java.lang.String, class java.lang.Integer]");
        assertThatThrownBy(() -> context.get(Long.class))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("the context has no java.lang.Long");
        Function<Object, Object> identity = Function.identity();
        assertThat(identity.apply(BatchContext.empty())).isEqualTo(BatchContext.empty());
    }
}
