package dev.holdfast.cache.revocation;

import dev.holdfast.cache.InvalidationPendingException;
import dev.holdfast.cache.OutagePolicy;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Threads;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.Registration;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens and sessions that must not be taken any more, known to the whole fleet.
 *
 * <p>{@link #isRevoked} asks this process: a hash, a look into tier 1, a binary search. It does not ask Redis per token, not
 * even for one that was never seen. Every node holds the list in 4,096 buckets, each a set of fingerprints; to revoke adds to one
 * bucket in Redis and invalidates that bucket on every node. A node reads all of them in the background when it starts, 500
 * at a time, and one out of turn when it is asked for. So the list costs memory for what is revoked, not for every
 * session that is alive, and a stream of made-up tokens costs Redis nothing.
 *
 * <p><b>Guarantee.</b> After {@link #revoke} returned normally under {@link OutagePolicy#THROW}, or Redis was there: this
 * node says revoked from then on; a connected node does once the announcement has reached it or, if that was lost, at the
 * next heartbeat (1 s); a node that is cut off goes on from its copy no longer than {@code maxStale}, then does what {@link
 * WhenUnknown} says. That holds until the token has expired, and 5 minutes longer for clocks that differ.
 *
 * <p>A revocation made while Redis is away holds on this node at once, is queued and sent when Redis answers. What was sent
 * within {@code replayWindow} is sent again after a reconnect or a failover, which may have lost it. The queue is bounded: beyond
 * it {@link #revoke} throws. Outside the guarantee: this process ends before it could send, which {@link #close} logs; Redis
 * is flushed, or evicts the list because its policy lets it.
 *
 * <p>Identifiers are hashed at once and appear neither in Redis nor in a message. Thread-safe, also with virtual threads,
 * which it does not pin.
 */
public final class RevocationList implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RevocationList.class);
    private static final Duration HEARTBEAT = Duration.ofSeconds(1);

    /** How long a bucket that Redis did not give is not asked for again: long enough to spare a server in trouble. */
    private static final Duration RETRY_AFTER = Duration.ofMillis(100);

    /** Only a backstop, since every change is announced; each bucket is read again this often. */
    private static final Duration BUCKET_LIFE = Duration.ofHours(1);

    /** Most revocations or buckets of one operation on Redis, so that none takes long. */
    private static final int CHUNK = 500;

    private final String name;
    private final RedisLink link;
    private final Clock clock;
    private final Duration maximumTokenLife;
    private final OutagePolicy outagePolicy;
    private final WhenUnknown whenUnknown;
    private final int maximumHeld;
    private final RevocationStore store;
    private final Outbox outbox;
    private final LongAdder unknown = new LongAdder();
    private final AtomicBoolean blind = new AtomicBoolean();

    /** Null where Redis is disabled: then the outbox is the list. */
    private final @Nullable TieredCache<String, RevokedSet> buckets;

    private final @Nullable ScheduledThreadPoolExecutor worker;
    private final @Nullable Registration registration;

    /** How many buckets this node has read on its own account since it started; used by the worker only. */
    private int copied;

    RevocationList(RevocationListBuilder settings) {
        name = settings.name;
        link = settings.link();
        clock = settings.clock;
        maximumTokenLife = settings.maximumTokenLife();
        outagePolicy = settings.outagePolicy;
        whenUnknown = settings.whenUnknown();
        maximumHeld = settings.maximumHeld;
        store = new RevocationStore(link, settings.keyPrefix, name, maximumTokenLife);
        outbox = new Outbox(maximumHeld, settings.replayWindow.toNanos());
        if (link.state() == LinkState.DISABLED) {
            buckets = null;
            worker = null;
            registration = null;
            return;
        }
        buckets = TieredCache.<String, RevokedSet>builder(name)
                .redis(link)
                .keyPrefix(settings.keyPrefix)
                .codec(RevokedSet.CODEC)
                .maximumWeight(settings.maximumBytes, (bucket, set) -> set.weight())
                .maxStale(settings.maxStale)
                .whenRedisAway(OutagePolicy.THROW)
                .timeToLive(BUCKET_LIFE)
                .retryAfter(RETRY_AFTER)
                .loader(store::read)
                .bulkLoader(store::readAll)
                .build();
        worker = new ScheduledThreadPoolExecutor(1, Threads.daemon("holdfast-revocations-" + name));
        worker.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        worker.scheduleWithFixedDelay(this::beat, HEARTBEAT.toNanos(), HEARTBEAT.toNanos(), TimeUnit.NANOSECONDS);
        registration = link.addListener(change -> beatSoon());
    }

    /**
     * Starts building a list.
     *
     * @param name name of the list, the same on every node and of no other list or cache with the same prefix: letters,
     *     digits, dots, dashes and underscores
     * @return a builder; nothing is checked before {@link RevocationListBuilder#build()}
     */
    public static RevocationListBuilder builder(String name) {
        return new RevocationListBuilder(name);
    }

    /**
     * Whether a token was revoked.
     *
     * @param tokenId what identifies the token, as given to {@link #revoke}; not empty
     * @return whether it was, or what {@link WhenUnknown} says if this node cannot know
     * @throws IllegalStateException if the list is closed
     */
    public boolean isRevoked(String tokenId) {
        Fingerprint token = Fingerprint.token(tokenId);
        if (outbox.find(token) != RevokedSet.ABSENT) {
            return true;
        }
        try {
            return lookUp(token) != RevokedSet.ABSENT;
        } catch (HoldfastException e) {
            return unknown(e);
        }
    }

    /**
     * Whether a token was revoked, by itself or with all tokens of its subject.
     *
     * @param tokenId what identifies the token; not empty
     * @param subject whom it was issued to, as given to {@link #revokeSubject}; not empty
     * @param issuedAt when it was issued
     * @return whether it was, or what {@link WhenUnknown} says if this node cannot know
     * @throws IllegalStateException if the list is closed
     */
    public boolean isRevoked(String tokenId, String subject, Instant issuedAt) {
        Fingerprint owner = Fingerprint.subject(subject);
        long issued = issuedAt.toEpochMilli();
        if (outbox.find(owner) > issued) {
            return true;
        }
        try {
            return lookUp(owner) > issued || isRevoked(tokenId);
        } catch (HoldfastException e) {
            // What is certain goes before what is not.
            return outbox.find(Fingerprint.token(tokenId)) != RevokedSet.ABSENT || unknown(e);
        }
    }

    /**
     * Revokes a token on every node; see the guarantee above.
     *
     * @param tokenId what identifies the token, such as the claim {@code jti} or the session's id; not empty
     * @param expiresAt when the token ends by itself; a token that has ended is passed over
     * @throws RevocationPendingException under {@link OutagePolicy#THROW}, if Redis was not reached; it is queued
     * @throws RevocationRefusedException if the queue is full; nothing was revoked
     * @throws IllegalArgumentException if the token lives longer than {@code maximumTokenLife}
     * @throws IllegalStateException if the list is closed
     */
    public void revoke(String tokenId, Instant expiresAt) {
        revokeAll(Map.of(tokenId, expiresAt));
    }

    /**
     * Revokes many tokens, in two round trips per 500.
     *
     * @param expiries when each token ends by itself, by token id
     * @throws RevocationPendingException as {@link #revoke}
     * @throws RevocationRefusedException as {@link #revoke}; none of them was revoked
     * @throws IllegalArgumentException as {@link #revoke}; none of them was revoked
     */
    public void revokeAll(Map<String, Instant> expiries) {
        long now = clock.millis();
        List<Revocation> revocations = new ArrayList<>(expiries.size());
        expiries.forEach((tokenId, expiresAt) -> {
            long expires = ceilingMillis("expiresAt", expiresAt, now);
            long until = expires + RevocationStore.CLOCK_SKEW.toMillis();
            if (until > now) {
                revocations.add(new Revocation(Fingerprint.token(tokenId), expires, until));
            }
        });
        add(revocations, now);
    }

    /**
     * Revokes every token of a subject that was issued before an instant: "log out everywhere". Holds as long as such a
     * token can live.
     *
     * <p>Mind that the claim {@code iat} counts whole seconds: a token issued in the same second as {@code issuedBefore},
     * but after it, is revoked too unless {@code issuedBefore} is cut to the second.
     *
     * @param subject whose tokens, such as the claim {@code sub} or the user's id; not empty
     * @param issuedBefore tokens issued before are revoked; an earlier instant than at the last call changes nothing
     * @throws RevocationPendingException as {@link #revoke}
     * @throws RevocationRefusedException as {@link #revoke}
     * @throws IllegalArgumentException if the instant is further in the future than {@code maximumTokenLife}
     */
    public void revokeSubject(String subject, Instant issuedBefore) {
        long now = clock.millis();
        long before = ceilingMillis("issuedBefore", issuedBefore, now);
        long until = before + maximumTokenLife.plus(RevocationStore.CLOCK_SKEW).toMillis();
        if (until > now) {
            add(List.of(new Revocation(Fingerprint.subject(subject), before, until)), now);
        }
    }

    /**
     * How many revocations of this node Redis does not have yet; with Redis disabled, how many there are.
     *
     * @return 0 if all is well
     */
    public int pending() {
        return outbox.owed();
    }

    /**
     * A probe named {@code revocations.<name>}: whether this node is in step with the fleet, what it has not sent yet, how
     * often it could not know.
     *
     * @return the probe
     */
    public HealthProbe healthProbe() {
        return new HealthProbe() {
            @Override
            public String name() {
                return "revocations." + name.toLowerCase(Locale.ROOT).replace('_', '-');
            }

            @Override
            public Reading check() throws Exception {
                return reading().with("pending", outbox.owed()).with("unknown", unknown.sum());
            }
        };
    }

    private Reading reading() throws Exception {
        if (buckets == null) {
            return Reading.of(Status.UP, "Redis is disabled on purpose: this node has a list of its own");
        }
        if (!inStep()) {
            return Reading.of(
                    Status.DEGRADED,
                    "Redis is away: this node answers from its copy, then as whenUnknown says; revocations are queued");
        }
        return outbox.owed() == 0
                ? Reading.of(Status.UP, "")
                : Reading.of(Status.DEGRADED, "revocations of this node are not in Redis yet");
    }

    private boolean inStep() throws Exception {
        return buckets != null && buckets.healthProbe().check().status() == Status.UP;
    }

    /**
     * Metrics: {@code holdfast.revocations.pending}, {@code holdfast.revocations.unknown}, tagged {@code list}, and those of
     * the cache of buckets.
     *
     * @return binds to any number of registries
     */
    public MeterBinder metrics() {
        return registry -> {
            Gauge.builder("holdfast.revocations.pending", outbox, Outbox::owed)
                    .description("Revocations of this node that Redis does not have yet")
                    .tag("list", name)
                    .register(registry);
            FunctionCounter.builder("holdfast.revocations.unknown", unknown, LongAdder::sum)
                    .description("Tokens about which this node could not know")
                    .tag("list", name)
                    .register(registry);
            if (buckets != null) {
                buckets.metrics().bindTo(registry);
            }
        };
    }

    /**
     * Sends what is owed once more, for as long as one command may take, and ends the list. What could not be sent is lost
     * with this process, and logged as a number. The link stays open. Idempotent.
     */
    @Override
    public void close() {
        if (buckets == null || worker == null || worker.isShutdown()) {
            return;
        }
        Objects.requireNonNull(registration).close();
        worker.shutdownNow();
        try {
            send(outbox.due(link.generation()));
        } catch (HoldfastException e) {
            LOG.debug("The last attempt to send revocations failed", e);
        }
        if (outbox.owed() > 0) {
            LOG.warn(
                    "revocation list '{}' was closed while Redis was away: {} of this node never reached it",
                    name,
                    count(outbox.owed()));
        }
        buckets.close();
    }

    @Override
    public String toString() {
        return "RevocationList[" + name + ", " + link + "]";
    }

    private long lookUp(Fingerprint fingerprint) {
        if (buckets == null) {
            return RevokedSet.ABSENT;
        }
        RevokedSet set = buckets.get(fingerprint.bucket());
        if (blind.get() && blind.compareAndSet(true, false)) {
            LOG.info("revocation list '{}' knows again", name);
        }
        return Objects.requireNonNull(set).find(fingerprint);
    }

    private boolean unknown(HoldfastException why) {
        unknown.increment();
        if (blind.compareAndSet(false, true)) {
            LOG.warn(
                    "revocation list '{}' cannot know which tokens are revoked; until Redis answers, a token whose bucket"
                            + " is not held here counts as {}: {}",
                    name,
                    whenUnknown == WhenUnknown.REJECT ? "revoked" : "valid",
                    why.getMessage());
        }
        return whenUnknown == WhenUnknown.REJECT;
    }

    /** Rounded up, so that nothing ends too early. */
    private long ceilingMillis(String parameter, Instant instant, long nowMillis) {
        Instant latest = Instant.ofEpochMilli(nowMillis).plus(maximumTokenLife).plus(RevocationStore.CLOCK_SKEW);
        if (instant.isAfter(latest)) {
            throw new IllegalArgumentException("revocation list '" + name + "': " + parameter + " " + instant
                    + " is later than now + maximumTokenLife " + maximumTokenLife + ": raise maximumTokenLife");
        }
        Instant earliest = Instant.EPOCH;
        return instant.isBefore(earliest) ? 0 : instant.plusNanos(999_999).toEpochMilli();
    }

    private void add(List<Revocation> revocations, long now) {
        if (worker != null && worker.isShutdown()) {
            throw new IllegalStateException("revocation list '" + name + "' is closed");
        }
        if (!outbox.take(revocations, now)) {
            throw new RevocationRefusedException("revocation list '" + name + "': " + count(outbox.owed())
                    + " of this node held already, and " + revocations.size()
                    + " more would exceed maximumHeld " + maximumHeld
                    + (buckets == null ? "" : ", since Redis is away")
                    + "; nothing was revoked: try again later, or raise maximumHeld");
        }
        if (buckets == null) {
            return;
        }
        try {
            send(revocations);
        } catch (RedisException | InvalidationPendingException e) {
            if (outagePolicy == OutagePolicy.THROW) {
                throw new RevocationPendingException(
                        "revocation list '" + name + "': " + count(revocations.size())
                                + " on this node so far, to be sent when Redis answers: " + e.getMessage(),
                        e);
            }
        }
    }

    /** Truth first, then the copies: whoever reads a bucket after its invalidation reads the truth. */
    private void send(Collection<Revocation> revocations) {
        List<Revocation> all = List.copyOf(revocations);
        InvalidationPendingException pending = null;
        for (int from = 0; from < all.size(); from += CHUNK) {
            List<Revocation> chunk = all.subList(from, Math.min(all.size(), from + CHUNK));
            long generation = link.generation();
            store.add(chunk);
            try {
                Objects.requireNonNull(buckets)
                        .invalidateAll(chunk.stream()
                                .map(revocation -> revocation.fingerprint().bucket())
                                .collect(Collectors.toSet()));
            } catch (InvalidationPendingException e) {
                pending = e; // The cache has noted it and announces it by itself.
            }
            outbox.sent(chunk, generation, System.nanoTime());
        }
        if (pending != null) {
            throw pending;
        }
    }

    /** Reads the next buckets of those not read since the start, so that few tokens wait for theirs, in an outage none. */
    private void copy() throws Exception {
        List<String> all = Fingerprint.buckets();
        // Not before this node is in step: what it has read until then is dropped when it is.
        if (copied < all.size() && inStep()) {
            List<String> next = all.subList(copied, Math.min(all.size(), copied + CHUNK));
            Objects.requireNonNull(buckets).getAll(next);
            copied += next.size();
            beatSoon();
        }
    }

    private static String count(int revocations) {
        return revocations == 1 ? "1 revocation" : revocations + " revocations";
    }

    private void beatSoon() {
        try {
            Objects.requireNonNull(worker).execute(this::beat);
        } catch (RejectedExecutionException e) {
            LOG.debug("The list was closed; there is nothing left to send", e);
        }
    }

    /** Sends what is owed, and what a server of an earlier connection may have lost. */
    private void beat() {
        try {
            outbox.prune(System.nanoTime(), clock.millis());
            if (link.state() == LinkState.UP) {
                send(outbox.due(link.generation()));
                copy();
            }
        } catch (HoldfastException e) {
            LOG.debug("Revocations could not be sent; the next heartbeat tries again", e);
        } catch (Exception | Error e) {
            LOG.warn("A heartbeat of a revocation list failed; the next one tries again", e);
        }
    }
}
