package dev.holdfast.cache.tx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.cache.InvalidationPendingException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is collected is issued after a commit, and only then. */
class InvalidationsTest {
    private final RecordingCache recording = new RecordingCache();
    private final RecordingCache other = new RecordingCache();

    @Test
    void collected_untilTheCommit_isNotIssued() {
        Invalidations tx = Invalidations.begin();
        tx.key(recording.cache, 1L).tag(recording.cache, "brand:7").prefix(recording.cache, "user:1:");
        assertThat(recording.calls).isEmpty();
        assertThat(tx.isEmpty()).isFalse();
    }

    @Test
    void commit_ofKeysTagsAndPrefixes_isOneCallPerKindAndCache() {
        Invalidations tx = Invalidations.begin();
        tx.key(recording.cache, 1L).keys(recording.cache, List.of(2L, 1L)).tag(recording.cache, "a");
        tx.tags(recording.cache, List.of("b", "a"))
                .prefix(recording.cache, "user:1:")
                .key(other.cache, 9L);
        tx.afterCommit();
        assertThat(recording.calls)
                .containsExactly("invalidateAll [1, 2]", "invalidateTags [a, b]", "invalidatePrefix user:1:");
        assertThat(other.calls).containsExactly("invalidateAll [9]");
    }

    @Test
    void commit_ofAClearedCache_isOneClear() {
        Invalidations tx = Invalidations.begin();
        tx.key(recording.cache, 1L).all(recording.cache).key(recording.cache, 2L);
        tx.afterCommit();
        assertThat(recording.calls).containsExactly("clear");
    }

    @Test
    void commit_reportedTwice_isIssuedOnce() {
        Invalidations tx = Invalidations.begin().key(recording.cache, 1L);
        tx.afterCommit();
        tx.afterCommit();
        tx.close();
        assertThat(recording.calls).hasSize(1);
    }

    @Test
    void rollback_dropsEverything() {
        try (Invalidations tx = Invalidations.begin()) {
            tx.key(recording.cache, 1L).run(() -> other.calls.add("ran"));
            tx.afterRollback();
        }
        assertThat(recording.calls).isEmpty();
        assertThat(other.calls).isEmpty();
    }

    @Test
    void close_withoutAWord_issuesSinceTheOutcomeIsUnknown() {
        try (Invalidations tx = Invalidations.begin()) {
            tx.key(recording.cache, 1L);
        }
        assertThat(recording.calls).containsExactly("invalidateAll [1]");
    }

    @Test
    void addition_afterTheEnd_isIssuedAtOnce() {
        Invalidations tx = Invalidations.begin();
        tx.afterRollback();
        tx.key(recording.cache, 1L).run(() -> other.calls.add("ran"));
        assertThat(recording.calls).containsExactly("invalidateAll [1]");
        assertThat(other.calls).containsExactly("ran");
    }

    @Test
    void keys_beyondTheBound_clearTheCacheInstead() {
        Invalidations tx = Invalidations.begin();
        tx.keys(
                recording.cache,
                LongStream.rangeClosed(0, Invalidations.MOST).boxed().toList());
        tx.key(recording.cache, -1L);
        tx.afterCommit();
        assertThat(recording.calls).containsExactly("clear");
    }

    @Test
    void actions_beyondTheBound_areRefused() {
        Invalidations tx = Invalidations.begin();
        for (int i = 0; i < Invalidations.MOST; i++) {
            tx.run(() -> {});
        }
        assertThatThrownBy(() -> tx.run(() -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("10000");
    }

    @Test
    void failure_ofOneInvalidation_isKeptAndStopsNoOther() {
        recording.failWith(new IllegalStateException("closed"));
        Invalidations tx = Invalidations.begin();
        tx.key(recording.cache, 1L).tag(recording.cache, "a").key(other.cache, 2L);
        tx.afterCommit();
        assertThat(recording.calls).hasSize(2);
        assertThat(other.calls).hasSize(1);
        assertThat(tx.failures()).hasSize(2).allMatch(e -> e.getMessage().equals("closed"));
    }

    @Test
    void pendingInvalidation_isAFailureToLookAt_notAnException() {
        recording.failWith(new InvalidationPendingException("cache 'x': 1 key", null));
        Invalidations tx = Invalidations.begin().key(recording.cache, 1L);
        tx.afterCommit();
        assertThat(tx.failures()).singleElement().isInstanceOf(InvalidationPendingException.class);
    }

    @Test
    void errorOfAnAction_isThrownAfterTheOthers() {
        Invalidations tx = Invalidations.begin();
        tx.run(() -> {
            throw new AssertionError("broken");
        });
        tx.key(recording.cache, 1L);
        assertThatThrownBy(tx::afterCommit).isInstanceOf(AssertionError.class);
        assertThat(recording.calls).hasSize(1);
    }

    @Test
    void nullKey_isNamed() {
        assertThatThrownBy(() -> Invalidations.begin().prefix(recording.cache, null))
                .isInstanceOf(NullPointerException.class)
                .hasMessageContaining("prefix");
    }

    /** A framework with nested transactions on one thread, as small as it can be. */
    private static final class Framework {
        private static final class Tx {
            private final List<TransactionEnd> ends = new ArrayList<>();
        }

        private final Deque<Tx> stack = new ArrayDeque<>();
        private final AmbientTransactions ambient =
                AmbientTransactions.of(stack::peek, end -> stack.element().ends.add(end));
    }

    @Test
    void ambientTransaction_hasItsOwnInvalidations_untilItEnds() {
        Framework framework = new Framework();
        assertThat(framework.ambient.current()).isNull();
        assertThat(framework.ambient.isActive()).isFalse();
        framework.stack.push(new Framework.Tx());
        assertThat(framework.ambient.isActive()).isTrue();
        assertThat(framework.ambient.hasChanged()).isFalse();
        assertThat(framework.ambient.openCount()).isZero();
        Invalidations outer = framework.ambient.current();
        assertThat(framework.ambient.current()).isSameAs(outer);
        outer.key(recording.cache, 1L);
        assertThat(framework.ambient.hasChanged()).isTrue();

        framework.stack.push(new Framework.Tx());
        Invalidations inner = framework.ambient.current();
        assertThat(inner).isNotSameAs(outer);
        inner.key(recording.cache, 2L);
        framework.stack.pop().ends.forEach(TransactionEnd::afterCommit);
        assertThat(recording.calls).containsExactly("invalidateAll [2]");

        framework.stack.pop().ends.forEach(TransactionEnd::afterRollback);
        assertThat(recording.calls).hasSize(1);
        assertThat(framework.ambient.openCount()).isZero();
    }

    @Test
    void ambientTransaction_thatCannotBeFollowed_isReportedAndForgotten() {
        AmbientTransactions ambient = AmbientTransactions.of(() -> "tx", end -> {
            throw new IllegalStateException("synchronization is not active");
        });
        assertThatThrownBy(ambient::current).hasMessageContaining("not active");
        assertThat(ambient.openCount()).isZero();
    }
}
