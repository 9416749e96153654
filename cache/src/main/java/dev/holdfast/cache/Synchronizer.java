package dev.holdfast.cache;

import dev.holdfast.core.Threads;
import dev.holdfast.core.redis.LinkChange;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.Registration;
import dev.holdfast.core.redis.SubscriptionListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node in step: reads the log after every gap and on a heartbeat, and issues the journal again after every
 * reconnect, failover or flush, before tier 2 is read again.
 *
 * <p>Owns one thread, on which everything that waits for Redis happens. Messages are applied as they arrive: small ones on
 * the I/O thread that read them, if nothing in their way can make it wait, all others on the link's message thread.
 */
final class Synchronizer<K, V> implements SubscriptionListener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Synchronizer.class);
    private static final int ATTEMPTS = 3;
    private static final long NEVER = -1;

    /** A message this long names a few keys, and takes microseconds to apply. */
    private static final int QUICK_BYTES = 512;

    private final RedisLink link;
    private final Tier2 tier2;
    private final Coherence<K, V> coherence;
    private final Journal journal;
    private final Counters counters;
    private final Steps steps;
    /** Whether nothing that applying a message calls was written by the user, or may be held by a test. */
    private final boolean quick;

    private final long replayWindowMicros;
    private final long wideRetentionMicros;
    private final long maxStaleNanos;
    private final ScheduledThreadPoolExecutor worker;
    private final AtomicBoolean repairQueued = new AtomicBoolean();
    private final AtomicBoolean invalidationFailed = new AtomicBoolean();
    private final List<Registration> registrations = new ArrayList<>();

    /** Generation of the link in which this node is in step, so that tier 2 may be read. */
    private volatile long syncedGeneration = NEVER;

    /** {@link Coherence#losses()} when this node was last brought in step. */
    private volatile long syncedLosses;

    Synchronizer(
            CacheSettings<K, V> settings, Tier2 tier2, Coherence<K, V> coherence, Journal journal, Counters counters) {
        this.link = settings.link();
        this.tier2 = tier2;
        this.coherence = coherence;
        this.journal = journal;
        this.counters = counters;
        this.steps = settings.steps();
        this.quick =
                steps == Steps.NONE && settings.keyCodec() instanceof NaturalKeyCodec && settings.weigher() == null;
        this.replayWindowMicros =
                TimeUnit.NANOSECONDS.toMicros(settings.replayWindow().toNanos());
        this.wideRetentionMicros =
                settings.freshness().longestLife(settings.leaseTime()).toNanos() / 1_000;
        this.maxStaleNanos = settings.maxStale().toNanos();
        this.worker = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-cache-" + settings.name()));
        worker.setRemoveOnCancelPolicy(true);
        worker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    }

    /** Subscribes first, then reads: what is announced between the two is not missed. */
    void start(byte[] channel, Duration heartbeat) {
        registrations.add(link.addListener(this::linkChanged));
        registrations.add(link.subscribe(channel, this));
        var unused = worker.scheduleWithFixedDelay(guarded(this::beat), 0, heartbeat.toNanos(), TimeUnit.NANOSECONDS);
    }

    /**
     * Whether tier 2 may be read: in step, and sure of that within {@code maxStale}. A node whose readings fail while its
     * other commands succeed may have missed barriers that nothing else tells it of.
     */
    boolean tier2Open() {
        return inStep() && coherence.ticker().read() - coherence.contactedNanos() < maxStaleNanos;
    }

    /** Connected, and everything of ours issued again. */
    private boolean inStep() {
        return link.state() == LinkState.UP
                && syncedGeneration == link.generation()
                && syncedLosses == coherence.losses();
    }

    /** An invalidation could not be issued; it is tried again at the next heartbeat, and after any reconnect. */
    void retryLater() {
        invalidationFailed.set(true);
    }

    /** Something is missing; reads the log soon. */
    void repairSoon() {
        if (repairQueued.compareAndSet(false, true)) {
            submit(() -> {
                repairQueued.set(false);
                beat();
            });
        }
    }

    @Override
    public void onSubscribed(long generation) {
        repairSoon();
    }

    /** On an I/O thread of the link, where no code of the user may run: not even a key's codec or {@code equals}. */
    @Override
    public boolean tryMessage(byte[] bytes) {
        if (!quick || bytes.length > QUICK_BYTES) {
            return false;
        }
        switch (coherence.tryReceive(ControlLog.Message.parse(bytes))) {
            case COMPLETE -> {
                return true;
            }
            case INCOMPLETE -> {
                repairSoon();
                return true;
            }
            default -> {
                return false;
            }
        }
    }

    @Override
    public void onMessage(byte[] bytes) {
        ControlLog.Message message = ControlLog.Message.parse(bytes);
        steps.at(
                Steps.Step.MESSAGE_ARRIVED,
                message.members().isEmpty() ? "" : message.members().get(0).text());
        if (coherence.receive(message)) {
            repairSoon();
        }
    }

    private void linkChanged(LinkChange change) {
        if (change.to() == LinkState.UP) {
            repairSoon();
        }
    }

    private void beat() {
        if (link.state() != LinkState.UP) {
            return;
        }
        try {
            if (inStep()) {
                readLog();
            }
            for (int i = 0; i < ATTEMPTS && !inStep() && link.state() == LinkState.UP; i++) {
                synchronize();
            }
            retryFailed();
            coherence.prune(replayWindowMicros, wideRetentionMicros);
            journal.prune();
        } catch (RedisException e) {
            counters.tier2Failures.increment(); // The link tells its own story; the next heartbeat tries again.
        }
    }

    private void retryFailed() {
        if (!invalidationFailed.getAndSet(false) && !journal.owesEverything()) {
            return;
        }
        boolean issued = false;
        try {
            issued = issue(journal.unacknowledged());
        } finally {
            if (!issued) {
                invalidationFailed.set(true);
            }
        }
    }

    private void synchronize() {
        long generation = link.generation();
        readLog();
        long losses = coherence.losses();
        steps.at(Steps.Step.REISSUE_STARTED, "");
        Journal.Batch recent = journal.recent();
        if (issue(recent) && link.generation() == generation) {
            counters.reissued.add(recent.members().size());
            syncedLosses = losses;
            syncedGeneration = generation;
        }
    }

    private void readLog() {
        long asked = coherence.ticker().read();
        ControlLog.Read read = tier2.readLog(coherence.epoch(), coherence.applied());
        steps.at(Steps.Step.REPAIR_READ, "");
        coherence.applyRead(read, asked);
    }

    /** Issues invalidations as new ones; false if the ground moved meanwhile. */
    private boolean issue(Journal.Batch batch) {
        long generation = link.generation();
        if (batch.everything()) {
            ControlLog.Minted minted = tier2.mint(coherence.applied(), true, List.of(), tier2.patience());
            coherence.applyOwn(minted, List.of(), List.of());
            journal.acknowledgeEverything(batch.upTo());
        }
        for (int from = 0; from < batch.members().size(); from += ControlLog.MEMBERS_PER_MINT) {
            int to = Math.min(batch.members().size(), from + ControlLog.MEMBERS_PER_MINT);
            List<Member> members = batch.members().subList(from, to);
            tier2.delete(keysAmong(members), tier2.patience());
            ControlLog.Minted minted = tier2.mint(coherence.applied(), false, members, tier2.patience());
            coherence.applyOwn(minted, members, coherence.decode(members));
            if (link.generation() != generation) {
                return false;
            }
            journal.acknowledge(members, batch.upTo());
        }
        return link.generation() == generation;
    }

    private static List<String> keysAmong(List<Member> members) {
        return members.stream()
                .filter(member -> member.kind() == Kind.KEY)
                .map(Member::text)
                .toList();
    }

    private void submit(Runnable task) {
        try {
            worker.execute(guarded(task));
        } catch (RejectedExecutionException e) {
            LOG.debug("The cache was closed; nothing is left to repair", e);
        }
    }

    /** Keeps the heartbeat alive whatever happens in one of them. */
    private Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException | Error e) { // From a key's codec, equals or hashCode.
                counters.tier2Failures.increment();
                LOG.warn("A heartbeat of a cache failed; the next one tries again", e);
            }
        };
    }

    @Override
    public void close() {
        registrations.forEach(Registration::close);
        worker.shutdownNow();
    }
}
