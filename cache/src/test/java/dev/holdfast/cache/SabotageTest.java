package dev.holdfast.cache;

import static dev.holdfast.cache.Node.finish;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.FleetPlan.About;
import dev.holdfast.cache.Sabotage.Broken;
import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.redis.RespClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What would happen without each protection of the cache: one schedule serves an old value, and the history checker finds it
 * among random runs. A checker that found nothing here would prove nothing in {@link HistoryTest}.
 */
@Tag("fault")
class SabotageTest extends SharedRedis {
    private static final String OLD = "k1 v0";
    private static final String NEW = "k1 v1";
    private static final String CONTROL = "{hf:fleet}:ctl";
    private static final String VALUE = "hf:fleet:v1:{1}";
    private static final int SEEDS = 20;

    private Node nodeWith(@Nullable Broken broken) {
        return nodeWith(broken, builder -> builder);
    }

    private Node nodeWith(@Nullable Broken broken, UnaryOperator<TieredCacheBuilder<Long, String>> change) {
        RedisLink link = RedisLink.builder(redis.uri())
                .commandTimeout(Duration.ofSeconds(1))
                .connect();
        return add(new Node(
                        broken == null ? link : new Sabotage(link, broken),
                        source,
                        builder -> change.apply(builder.tags(value -> Set.of("t")))))
                .awaitInStep();
    }

    private static void awaitValueInTier2() {
        await().until(() -> redis.command("EXISTS", VALUE).number() == 1);
    }

    private static void awaitApplied(Node node) {
        long stamp = redis.command("ZSCORE", CONTROL, "!stamp").number();
        await().until(() -> node.cache.coherence().applied() >= stamp);
    }

    /** A load is held until its key was invalidated and the barrier is forgotten; then it fills tier 2, if it may. */
    private String lateFill(@Nullable Broken broken) throws Exception {
        Node a = nodeWith(null);
        Node b = nodeWith(broken);
        try (Pauses.Hold hold = b.pauses.hold(Step.BEFORE_FILL);
                Pauses.Hold deaf = b.pauses.hold(Step.MESSAGE_ARRIVED)) {
            CompletableFuture<String> slow = b.getInBackground(1);
            hold.awaitReached();
            source.commit(1);
            a.cache.invalidate(1L);
            deaf.awaitReached();
            redis.command("ZREM", CONTROL, "k:1");
            hold.release();
            finish(slow);
            await().until(() -> b.cache.stats().fills() + b.cache.stats().fillsRefused() > 0);
        }
        return nodeWith(null).get(1);
    }

    /** A tag was invalidated; its value lies in tier 2 as before. */
    private String valueOfAnInvalidatedTag(@Nullable Broken broken) {
        Node a = nodeWith(null);
        a.get(1);
        awaitValueInTier2();
        source.commit(1);
        a.cache.invalidateTag("t");
        return nodeWith(broken).get(1);
    }

    /** A node hears no announcement, and goes by the log. */
    private String lostMessage(@Nullable Broken broken) throws Exception {
        Node a = nodeWith(null);
        Node b = nodeWith(broken);
        b.get(1);
        await().until(() -> b.cache.stats().fills() == 1); // A fill that is refused would take it out of tier 1.
        try (Pauses.Hold deaf = b.pauses.hold(Step.MESSAGE_ARRIVED)) {
            source.commit(1);
            a.cache.invalidate(1L);
            deaf.awaitReached();
            awaitApplied(b);
            return b.get(1);
        }
    }

    /** Deletion and barrier are lost in a failover, which the invalidating node survives. */
    private String lostTail(boolean forgets) {
        Node[] self = new Node[1];
        Node a = nodeWith(
                null,
                builder -> builder.steps((step, key) -> {
                    if (forgets && step == Step.REISSUE_STARTED && self[0] != null) {
                        Sabotage.forgetJournal(self[0].cache);
                    }
                }));
        self[0] = a;
        a.get(1);
        awaitValueInTier2();
        byte[] old = redis.command("DUMP", VALUE).bytes();
        source.commit(1);
        a.cache.invalidate(1L);
        try (RespClient client = redis.client()) {
            client.call(ascii("RESTORE"), ascii(VALUE), ascii("0"), old, ascii("REPLACE"));
            client.call("ZREM", CONTROL, "k:1");
        }
        long generation = a.link.generation();
        redis.command("CLIENT", "KILL", "TYPE", "normal");
        await().until(() -> a.link.generation() > generation && a.cache.tier2Open());
        return nodeWith(null).get(1);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The control key is evicted after the node died whose invalidation it held. */
    private String lostControlKey(@Nullable Broken broken) {
        Node a = nodeWith(null);
        a.get(1);
        awaitValueInTier2();
        source.commit(1);
        a.cache.invalidateTag("t");
        a.close();
        redis.command("DEL", CONTROL);
        return nodeWith(broken).get(1);
    }

    /** A tag is invalidated while a value that carries it lies in tier 1. */
    private String invalidatedTagInTier1(boolean trusts) {
        Node a = nodeWith(null);
        Node b = nodeWith(null);
        b.get(1);
        source.commit(1);
        a.cache.invalidateTag("t");
        awaitApplied(b);
        if (trusts) {
            Sabotage.trustTier1(b.cache);
        }
        return b.get(1);
    }

    @Test
    void fill_withoutItsLease_isRefused_andWouldServeTheOldValue() throws Exception {
        assertThat(lateFill(Broken.LEASE)).isEqualTo(OLD);
    }

    @Test
    void fill_withoutItsLease_isRefused() throws Exception {
        assertThat(lateFill(null)).isEqualTo(NEW);
    }

    @Test
    void valueBornBeforeABarrier_wouldBeServed_withoutTheCheckOfItsBirth() {
        assertThat(valueOfAnInvalidatedTag(Broken.BORN)).isEqualTo(OLD);
    }

    @Test
    void valueBornBeforeABarrier_isNotServed() {
        assertThat(valueOfAnInvalidatedTag(null)).isEqualTo(NEW);
    }

    @Test
    void lostMessage_wouldGoUnnoticed_withoutTheRepair() throws Exception {
        assertThat(lostMessage(Broken.GAP_REPAIR)).isEqualTo(OLD);
    }

    @Test
    void lostMessage_isMadeUpForByTheRepair() throws Exception {
        assertThat(lostMessage(null)).isEqualTo(NEW);
    }

    @Test
    void lostTail_wouldBringTheOldValueBack_withoutTheReissue() {
        assertThat(lostTail(true)).isEqualTo(OLD);
    }

    @Test
    void lostTail_isMadeUpForByTheReissue() {
        assertThat(lostTail(false)).isEqualTo(NEW);
    }

    @Test
    void lostControlKey_wouldMakeOldValuesValid_withoutTheFloor() {
        assertThat(lostControlKey(Broken.FLOOR)).isEqualTo(OLD);
    }

    @Test
    void lostControlKey_invalidatesEverythingOlder() {
        assertThat(lostControlKey(null)).isEqualTo(NEW);
    }

    @Test
    void invalidatedTag_wouldBeServedFromTier1_withoutTheSecondLook() {
        assertThat(invalidatedTagInTier1(true)).isEqualTo(OLD);
    }

    @Test
    void invalidatedTag_isNotServedFromTier1() {
        assertThat(invalidatedTagInTier1(false)).isEqualTo(NEW);
    }

    @Test
    @Timeout(300)
    void checker_findsFillsWithoutTheirLease() {
        assertThat(violation(About.FORGOTTEN_BARRIERS, Sabotage.of(Broken.LEASE), fleet -> {}))
                .isNotNull();
    }

    @Test
    @Timeout(300)
    void checker_findsReadsWithoutTheCheckOfBirth() {
        assertThat(violation(About.ANYTHING, Sabotage.of(Broken.BORN), fleet -> {}))
                .isNotNull();
    }

    @Test
    @Timeout(300)
    void checker_findsReadingsOfTheLogThatBringNothing() {
        assertThat(violation(About.ANYTHING, Sabotage.of(Broken.GAP_REPAIR), fleet -> {}))
                .isNotNull();
    }

    @Test
    @Timeout(300)
    void checker_findsJournalsThatAreNotIssuedAgain() {
        assertThat(violation(About.LOST_TAILS, link -> link, fleet -> fleet.beforeReissue = Sabotage::forgetJournal))
                .isNotNull();
    }

    @Test
    @Timeout(300)
    void checker_findsAMissingFloor() {
        assertThat(violation(About.ANYTHING, Sabotage.of(Broken.FLOOR), fleet -> {}))
                .isNotNull();
    }

    @Test
    @Timeout(300)
    void checker_findsATier1ThatTakesNoSecondLook() {
        assertThat(violation(About.ANYTHING, link -> link, fleet -> fleet.beforeRead = Sabotage::trustTier1))
                .isNotNull();
    }

    private interface Breaking {
        void apply(Fleet fleet);
    }

    /** The first violation within some seeds; a fleet that does not come in step any more is found out too. */
    private static @Nullable String violation(About about, UnaryOperator<RedisLink> sabotage, Breaking breaking) {
        try (Fleet fleet = Fleet.behindProxies(redis, sabotage)) {
            breaking.apply(fleet);
            for (long seed = 1; seed <= SEEDS; seed++) {
                FleetPlan plan = new FleetPlan(seed, about);
                Random random = new Random(~seed);
                FleetFaults faults = switch (about) {
                    case ANYTHING -> FleetFaults.ofServer(plan, random, redis, fleet);
                    case LOST_TAILS -> FleetFaults.ofLostTails(plan, random, redis);
                    case FORGOTTEN_BARRIERS -> FleetFaults.ofDeafNodes(plan, random, redis, fleet.deaf);
                };
                String violation = HistoryTest.run(plan, random, fleet, faults, () -> redis, 1_000);
                if (violation != null) {
                    return violation;
                }
            }
            return null;
        }
    }
}
