package dev.holdfast.batch.watch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.batch.watch.QueryFinding.Kind;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The verdict on each of {@link Programs}: no false alarm, no miss. */
class QueryWatchPrecisionTest {
    private static final Certainty NONE = null;

    /** A program with what it is expected to be found as. */
    private record Case(String name, Certainty development, Certainty sampled, Program program) {
        @Override
        public String toString() {
            return name;
        }
    }

    private interface Program {
        void run(Programs programs) throws Exception;
    }

    static List<Case> programs() {
        Certainty certain = Certainty.CERTAIN;
        Certainty suspected = Certainty.SUSPECTED;
        return List.of(
                new Case("loop over parents", certain, suspected, Programs::loopOverParents),
                new Case("loop over lists of children", certain, suspected, Programs::loopOverChildrenLists),
                new Case("stream", certain, suspected, Programs::streamOverParents),
                new Case("parallel stream", certain, suspected, Programs::parallelStreamOverParents),
                new Case("executor", certain, suspected, Programs::executorOverParents),
                new Case("lazy proxies of a mapper", certain, suspected, Programs::lazyProxies),
                new Case("lazy collections of a mapper", certain, suspected, Programs::lazyCollections),
                new Case("literals in the text", certain, suspected, Programs::literalsInsteadOfParameters),
                new Case("text keys", certain, suspected, Programs::keysAsText),
                new Case("ids of the request", suspected, suspected, Programs::loopOverIdsOfTheRequest),
                new Case("two levels", certain, suspected, Programs::twoLevels),
                new Case("tree", certain, suspected, Programs::treeWalk),
                new Case("latest of each", certain, suspected, Programs::latestItemOfEachOrder),
                new Case("top three of each", certain, NONE, Programs::topThreeOfEachOrder),
                new Case("prepared once", certain, suspected, Programs::preparedOnceExecutedPerParent),
                new Case("join", NONE, NONE, Programs::oneJoin),
                new Case("list of keys", NONE, NONE, Programs::listOfKeysInOneQuery),
                new Case("lists of keys in chunks", NONE, NONE, Programs::listOfKeysInChunks),
                new Case("arrays of keys in chunks", NONE, NONE, Programs::arraysOfKeysInChunks),
                new Case("literal lists in chunks", NONE, NONE, Programs::literalListsInChunks),
                new Case("retries", NONE, NONE, Programs::retries),
                new Case("polling", NONE, NONE, Programs::polling),
                new Case("pages by offset", NONE, NONE, Programs::pagesByOffset),
                new Case("pages by key", NONE, NONE, Programs::pagesByKey),
                new Case("pages by key, standard SQL", NONE, NONE, Programs::pagesByKeyInStandardSql),
                new Case("linked list", NONE, suspected, Programs::linkedList),
                new Case("work queue", NONE, suspected, Programs::workQueue),
                new Case("insert, then read back", NONE, NONE, Programs::insertThenReadBack),
                new Case("generated keys read back", NONE, suspected, Programs::insertWithGeneratedKeysThenReadBack),
                new Case("updates in a loop", NONE, NONE, Programs::updatesInALoop),
                new Case("batch of inserts", NONE, NONE, Programs::insertsAsBatch),
                new Case("one query per shard", NONE, NONE, Programs::oneQueryPerShard),
                new Case("different lines", NONE, NONE, Programs::sameQueryFromDifferentLines),
                new Case("settings by name", NONE, NONE, Programs::severalPreparedOnceForTheirOwnPurpose),
                new Case("fewer than the threshold", NONE, NONE, Programs::fewerThanTheThreshold),
                new Case("memoized", NONE, NONE, Programs::memoized),
                new Case("short lists", NONE, NONE, Programs::singleKeyLists),
                new Case("failures", NONE, NONE, Programs::failingQueryRetriedWithOtherParameters));
    }

    @ParameterizedTest
    @MethodSource("programs")
    void development_judgesEachProgram(Case program) throws Exception {
        QueryReport report = run(program, WatchMode.DEVELOPMENT);
        assertThat(verdict(report)).as(report.findings().toString()).isEqualTo(program.development());
        if (program.development() != NONE) {
            QueryFinding worst = report.findings(Kind.N_PLUS_ONE).get(0);
            assertThat(worst.callSite()).isNotEmpty().first().asString().contains("Programs");
            assertThat(worst.remedy()).contains("BatchLoader");
            assertThat(worst.parent() != null).isEqualTo(program.development() == Certainty.CERTAIN);
        }
    }

    /** Without the values that were read a chain cannot be told from a loop: such programs are suspected, and said to be no more. */
    @ParameterizedTest
    @MethodSource("programs")
    void sampled_judgesByRepetitionAlone(Case program) throws Exception {
        QueryReport report = run(program, WatchMode.SAMPLED);
        assertThat(verdict(report)).as(report.findings().toString()).isEqualTo(program.sampled());
    }

    @Test
    void counting_findsNoRepetition_andCounts() throws Exception {
        Case loop = programs().get(0);
        QueryReport report = run(loop, WatchMode.COUNTING);
        assertThat(report.findings()).isEmpty();
        assertThat(report.statements()).isEqualTo(41);
        assertThat(new TreeMap<>(report.queries()))
                .isEqualTo(new TreeMap<>(Map.of(
                        "select id, customer_id from orders where status = ?",
                        1L,
                        "select name from customers where id = ?",
                        40L)));
    }

    private static Certainty verdict(QueryReport report) {
        return report.findings(Kind.N_PLUS_ONE).stream()
                .map(QueryFinding::certainty)
                .min(Certainty::compareTo)
                .orElse(NONE);
    }

    private static QueryReport run(Case program, WatchMode mode) throws Exception {
        DataSource plain = database();
        Programs.createSchema(plain);
        QueryWatch watch = QueryWatch.builder(mode)
                .application(Programs.class.getName())
                .logging(false)
                .build();
        DataSource[] shards = Stream.generate(() -> watch.watch(plain)).limit(8).toArray(DataSource[]::new);
        try (QueryScope scope = watch.open("GET /" + program.name())) {
            Programs programs = new Programs(watch.watch(plain), shards, new Programs.QueryScopes() {
                @Override
                public <T> Callable<T> wrap(Callable<T> task) {
                    return scope.wrap(task);
                }
            });
            program.program().run(programs);
            return scope.report();
        }
    }

    private static DataSource database() {
        JdbcDataSource database = new JdbcDataSource();
        database.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        return database;
    }
}
