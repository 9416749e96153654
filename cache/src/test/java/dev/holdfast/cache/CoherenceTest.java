package dev.holdfast.cache;

import static dev.holdfast.cache.Node.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.testkit.redis.RespClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The interleavings that break two-tier caches, one test each, forced by holding threads between two steps of the protocol.
 * A and B are nodes of one fleet on a real Redis.
 */
class CoherenceTest extends SharedRedis {
    private static final String CONTROL = "{hf:fleet}:ctl";
    private static final String VALUE = "hf:fleet:v1:{1}";

    private Node a;
    private Node b;

    @BeforeEach
    void startNodes() {
        a = start(builder -> builder).awaitInStep();
        b = start(builder -> builder).awaitInStep();
    }

    private void fillBothTiersOfBothNodes() {
        a.get(1);
        await().until(() -> exists(VALUE));
        b.get(1);
        assertThat(b.cache.stats().tier2Hits()).isEqualTo(1);
    }

    private static void restore(RespClient client, String key, byte[] dump) {
        client.call(ascii("RESTORE"), ascii(key), ascii("0"), dump, ascii("REPLACE"));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** After an invalidation by A. */
    private void assertFreshEverywhere() {
        assertFreshEverywhere(a, b);
    }

    private void assertFreshEverywhere(Node writer, Node other) {
        String fresh = source.value(1);
        assertThat(writer.get(1)).as("the node that invalidated").isEqualTo(fresh);
        await().atMost(2, TimeUnit.SECONDS)
                .untilAsserted(
                        () -> assertThat(other.get(1)).as("after delivery").isEqualTo(fresh));
        Node c = start(builder -> builder).awaitInStep();
        assertThat(c.get(1)).as("a node that starts now, from tier 2").isEqualTo(fresh);
    }

    private void awaitDeliveryTo(Node node, long invalidationsBefore) {
        await().until(() -> node.cache.stats().invalidationsReceived() > invalidationsBefore);
    }

    @Test
    void invalidate_onOneNode_isSeenByTheOther() {
        fillBothTiersOfBothNodes();
        source.commit(1);
        a.cache.invalidate(1L);
        assertThat(a.get(1)).isEqualTo("k1 v1");
        await().atMost(2, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        assertFreshEverywhere();
    }

    @Test
    void invalidate_returned_valueIsGoneFromTier2WhateverBecomesOfTheBarrier() {
        fillBothTiersOfBothNodes();
        source.commit(1);
        a.cache.invalidate(1L);
        assertThat(exists(VALUE)).isFalse();
        redis.command("ZREM", CONTROL, "k:1"); // as pruning does after its horizon
        assertFreshEverywhere();
    }

    @Test
    void invalidate_announced_hasDeletedValueAndLeaseBefore() throws Exception {
        fillBothTiersOfBothNodes();
        redis.command("SET", "hf:fleet:l:{1}", "of somebody who loads");
        try (Pauses.Hold hold = a.pauses.hold(Step.MINTED)) {
            CompletableFuture<Void> invalidation = a.inBackground(() -> a.cache.invalidate(1L));
            hold.awaitReached();
            assertThat(exists(VALUE)).isFalse();
            assertThat(exists("hf:fleet:l:{1}")).isFalse();
            hold.release();
            finish(invalidation);
        }
        assertFreshEverywhere();
    }

    @Test
    void tier2Read_overtakenByAnInvalidationOfTheSameNode_isNotStored() throws Exception {
        a.get(1);
        await().until(() -> exists(VALUE));
        try (Pauses.Hold hold = b.pauses.hold(Step.TIER2_VALIDATED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            b.cache.invalidate(1L);
            hold.release();
            assertThat(finish(slow)).as("asked before").isEqualTo("k1 v0");
        }
        assertFreshEverywhere(b, a);
    }

    @Test
    void tier2Read_overtakenByAnInvalidationOfAnotherNode_isNotStored() throws Exception {
        a.get(1);
        await().until(() -> exists(VALUE));
        try (Pauses.Hold hold = b.pauses.hold(Step.TIER2_VALIDATED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            long before = b.cache.stats().invalidationsReceived();
            a.cache.invalidate(1L);
            awaitDeliveryTo(b, before);
            hold.release();
            assertThat(finish(slow)).isEqualTo("k1 v0");
        }
        assertFreshEverywhere();
    }

    @Test
    void load_betweenItsReadAndItsReturnWhileAnotherNodeInvalidates_isStoredNowhere() throws Exception {
        try (Pauses.Hold hold = b.pauses.hold(Step.SOURCE_ANSWERED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            long before = b.cache.stats().invalidationsReceived();
            a.cache.invalidate(1L);
            awaitDeliveryTo(b, before);
            assertThat(b.get(1)).as("a later caller does not join").isEqualTo("k1 v1");
            hold.release();
            assertThat(finish(slow)).isEqualTo("k1 v0");
        }
        assertFreshEverywhere();
    }

    @Test
    void load_pausedBeyondEveryHorizonAndEveryMessageLost_cannotFillTier2() throws Exception {
        try (Pauses.Hold hold = b.pauses.hold(Step.BEFORE_FILL);
                Pauses.Hold deaf = b.pauses.hold(Step.MESSAGE_ARRIVED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            a.cache.invalidate(1L);
            deaf.awaitReached();
            redis.command("ZREM", CONTROL, "k:1");
            hold.release();
            assertThat(finish(slow)).isEqualTo("k1 v0");
            await().until(() -> b.cache.stats().fillsRefused() > 0);
            assertThat(exists(VALUE)).isFalse();
        }
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        assertFreshEverywhere();
    }

    @Test
    void reply_thatComesAfterAFlushAndARepair_isAppliedAllTheSame() throws Exception {
        fillBothTiersOfBothNodes();
        try (Pauses.Hold hold = a.pauses.hold(Step.MINTED)) {
            source.commit(1);
            CompletableFuture<Void> invalidation = a.inBackground(() -> a.cache.invalidate(1L));
            hold.awaitReached();
            redis.command("FLUSHALL");
            b.cache.invalidate(2L);
            await().until(() -> a.cache.tier2Open() && b.cache.tier2Open());
            hold.release();
            finish(invalidation);
        }
        assertFreshEverywhere();
    }

    @Test
    void node_thatHasNotReadTheControlStateYet_doesNotReadTier2() throws Exception {
        a.get(1);
        await().until(() -> exists(VALUE));
        Pauses firstRepair = new Pauses();
        try (Pauses.Hold hold = firstRepair.hold(Step.REPAIR_READ)) {
            Node c = start(builder -> builder.steps(firstRepair));
            hold.awaitReached();
            source.commit(1);
            assertThat(c.get(1)).isEqualTo("k1 v1");
            assertThat(c.cache.stats().tier2Hits()).isZero();
        }
        a.cache.invalidate(1L);
        assertFreshEverywhere();
    }

    @Test
    void message_behindAGap_isAppliedBeforeTheRepair() throws Exception {
        fillBothTiersOfBothNodes();
        try (Pauses.Hold repair = b.pauses.hold(Step.REPAIR_READ)) {
            repair.awaitReached(); // the heartbeat stands there; no repair can run
            long stamp = redis.command("ZSCORE", CONTROL, "!stamp").number();
            redis.command("ZADD", CONTROL, Long.toString(stamp + 1), "!stamp"); // a message nobody received
            source.commit(1);
            long before = b.cache.stats().invalidationsReceived();
            a.cache.invalidate(1L);
            awaitDeliveryTo(b, before);
            assertThat(b.get(1)).isEqualTo("k1 v1");
        }
        assertFreshEverywhere();
    }

    @Test
    void controlKey_deletedAlone_invalidatesEverythingOlderEverywhere() {
        fillBothTiersOfBothNodes();
        source.commit(1);
        a.cache.invalidate(1L);
        a.get(1);
        await().until(() -> exists(VALUE));
        source.commit(1); // a change whose invalidation is lost with the control key, made by a node that died
        redis.command("DEL", CONTROL);
        await().until(() -> exists(CONTROL));
        await().untilAsserted(() -> assertThat(a.get(1)).isEqualTo("k1 v2"));
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v2"));
        assertFreshEverywhere();
    }

    @Test
    void controlKey_setBackToAnEarlierCopy_invalidatesEverythingAndIssuesTheJournalAgain() {
        fillBothTiersOfBothNodes();
        byte[] earlier = redis.command("DUMP", CONTROL).bytes();
        source.commit(1);
        a.cache.invalidate(1L);
        long reissued = a.cache.stats().reissued();
        try (var client = redis.client()) {
            restore(client, CONTROL, earlier);
        }
        await().until(() -> a.cache.stats().reissued() > reissued);
        await().until(() -> b.cache.tier2Open());
        assertThat(redis.command("ZSCORE", CONTROL, "k:1").isNull()).isFalse();
        assertFreshEverywhere();
    }

    @Test
    void flush_ofEverything_servesNoOldValueAndIssuesTheJournalAgain() {
        fillBothTiersOfBothNodes();
        source.commit(1);
        a.cache.invalidate(1L);
        long reissued = a.cache.stats().reissued();
        redis.command("FLUSHALL");
        await().until(() -> a.cache.stats().reissued() > reissued);
        await().until(() -> a.cache.tier2Open() && b.cache.tier2Open());
        assertThat(redis.command("ZSCORE", CONTROL, "k:1").isNull()).isFalse();
        assertFreshEverywhere();
    }

    @Test
    void deletion_lostInAFailover_isIssuedAgainAfterTheReconnect() {
        fillBothTiersOfBothNodes();
        byte[] old = redis.command("DUMP", VALUE).bytes();
        source.commit(1);
        a.cache.invalidate(1L);
        long before = b.cache.stats().invalidationsReceived();
        try (var client = redis.client()) {
            // The promoted replica never got the deletion, nor the barrier.
            restore(client, VALUE, old);
            client.call("ZREM", CONTROL, "k:1");
        }
        long generation = a.link.generation();
        redis.command("CLIENT", "KILL", "TYPE", "normal");
        await().until(() -> a.link.generation() > generation);
        awaitDeliveryTo(b, before);
        await().until(() -> a.cache.tier2Open() && b.cache.tier2Open());
        assertFreshEverywhere();
    }

    @Test
    void connection_replacedBetweenDeletionAndMint_startsAgainAtTheDeletion() throws Exception {
        fillBothTiersOfBothNodes();
        byte[] old = redis.command("DUMP", VALUE).bytes();
        try (Pauses.Hold hold = a.pauses.hold(Step.DELETED);
                Pauses.Hold reissue = a.pauses.hold(Step.REISSUE_STARTED)) {
            source.commit(1);
            CompletableFuture<Void> invalidation = a.inBackground(() -> a.cache.invalidate(1L));
            hold.awaitReached();
            try (var client = redis.client()) {
                restore(client, VALUE, old);
            }
            long generation = a.link.generation();
            redis.command("CLIENT", "KILL", "TYPE", "normal");
            await().until(() ->
                    a.link.generation() > generation && a.link.state().name().equals("UP"));
            reissue.awaitReached(); // so that it is not the journal that deletes
            hold.release();
            finish(invalidation);
            assertThat(exists(VALUE)).isFalse();
        }
        assertFreshEverywhere();
    }

    @Test
    void put_overtakenByAnInvalidation_leavesNothingOlderInEitherTier() throws Exception {
        try (Pauses.Hold hold = a.pauses.hold(Step.PUT_STAMPED)) {
            CompletableFuture<Void> put = a.inBackground(() -> a.cache.put(1L, source.value(1)));
            hold.awaitReached();
            source.commit(1);
            b.cache.invalidate(1L);
            hold.release();
            finish(put);
        }
        assertThat(exists(VALUE)).isFalse();
        assertFreshEverywhere(b, a);
    }

    @Test
    void put_onOneNode_replacesTheCopyOfTheOther() {
        fillBothTiersOfBothNodes();
        source.commit(1);
        a.cache.put(1L, "k1 v1");
        assertThat(a.get(1)).isEqualTo("k1 v1");
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        assertThat(source.reads()).as("put wrote both tiers").isEqualTo(1);
    }

    @Test
    void put_duringALoad_isNotOverwrittenByIt() throws Exception {
        try (Pauses.Hold hold = b.pauses.hold(Step.SOURCE_ANSWERED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            a.cache.put(1L, source.value(1));
            hold.release();
            finish(slow);
            assertThat(exists(VALUE)).as("the put took the lease away").isTrue();
        }
        await().untilAsserted(() -> assertThat(b.get(1)).isEqualTo("k1 v1"));
        assertFreshEverywhere();
    }

    @Test
    void tier1_ofAValueFromTier2_endsWithIt() {
        Node brief = start(builder -> builder.timeToLive(Duration.ofSeconds(3)).jitter(0))
                .awaitInStep();
        Node late = start(builder -> builder).awaitInStep();
        brief.get(7);
        await().until(() -> exists("hf:fleet:v1:{7}"));
        long left = redis.command("PTTL", "hf:fleet:v1:{7}").number();
        assertThat(left).isBetween(1L, 3_000L);
        late.get(7);
        assertThat(late.cache.stats().tier2Hits()).isEqualTo(1);
        await().until(() -> !exists("hf:fleet:v1:{7}"));
        source.commit(7);
        // Give or take what nodes misjudge Redis's clock by on a busy machine; its own life is ten minutes.
        await().atMost(3, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(late.get(7))
                        .as("tier 1 does not outlive tier 2")
                        .isEqualTo("k7 v1"));
    }

    @Test
    void clocks_fiveMinutesApartAndJumping_neitherBringBackNorEndAnything() {
        AtomicLong ahead = new AtomicLong(Duration.ofMinutes(5).toNanos());
        long behind = Duration.ofMinutes(5).toNanos();
        Node fast = start(builder -> builder.ticker(() -> System.nanoTime() + ahead.get()))
                .awaitInStep();
        Node slow = start(builder -> builder.ticker(() -> System.nanoTime() - behind))
                .awaitInStep();
        for (Node writer : List.of(fast, slow)) {
            Node other = writer == fast ? slow : fast;
            long fills = writer.cache.stats().fills();
            long hits = other.cache.stats().tier2Hits();
            source.commit(1);
            writer.cache.invalidate(1L);
            assertThat(writer.get(1)).isEqualTo(source.value(1));
            await().until(() -> writer.cache.stats().fills() > fills);
            await().untilAsserted(() -> assertThat(other.get(1)).isEqualTo(source.value(1)));
            assertThat(other.cache.stats().tier2Hits())
                    .as("not taken for ended")
                    .isEqualTo(hits + 1);
            assertThat(redis.command("PTTL", VALUE).number()).isBetween(1L, 600_000L);
        }
        ahead.addAndGet(Duration.ofMinutes(5).toNanos());
        long now = System.nanoTime() + ahead.get();
        await().until(() -> fast.cache.coherence().contactedNanos() > now); // It has asked Redis for the time again.
        assertThat(fast.get(2)).isEqualTo("k2 v0");
        await().until(() -> exists("hf:fleet:v1:{2}"));
        assertThat(slow.get(2)).isEqualTo("k2 v0");
        assertThat(source.reads()).as("key 1 twice, key 2 once").isEqualTo(3);
        source.commit(2);
        slow.cache.invalidate(2L);
        await().untilAsserted(() -> assertThat(fast.get(2)).isEqualTo("k2 v1"));
        assertFreshEverywhere(slow, fast);
    }
}
