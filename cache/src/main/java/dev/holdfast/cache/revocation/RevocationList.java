package dev.holdfast.cache.revocation;

import dev.holdfast.cache.InvalidationPendingException;
import dev.holdfast.cache.OutagePolicy;
import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
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

    private final String name;
    private final RedisLink link;
    private final Clock clock;
    private final Duration maximumTokenLife;
    private final OutagePolicy outagePolicy;
    private final WhenUnknown whenUnknown;
    private final int maximumHeld;
    private final Outbox outbox;
    private final LongAdder unknown = new LongAdder();
    private final AtomicBoolean blind = new AtomicBoolean();

    /** Null where Redis is disabled: then the outbox is the list. */
    private final @Nullable SharedBuckets shared;

    RevocationList(RevocationListBuilder settings) {
        name = settings.name;
        link = settings.link();
        clock = settings.clock;
        maximumTokenLife = settings.maximumTokenLife();
        outagePolicy = settings.outagePolicy;
        whenUnknown = settings.whenUnknown();
        maximumHeld = settings.maximumHeld;
        outbox = new Outbox(maximumHeld, settings.replayWindow.toNanos());
        shared = link.state() == LinkState.DISABLED ? null : new SharedBuckets(settings, outbox);
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
     * As {@link #isRevoked(String)}, for threads that must not wait.
     *
     * @param tokenId what identifies the token; not empty
     * @return complete at once if its bucket is here; never exceptional because of Redis. Dependents must not block
     * @throws IllegalStateException if the list is closed
     */
    public CompletableFuture<Boolean> isRevokedAsync(String tokenId) {
        return afterAsync(Fingerprint.token(tokenId), Long.MIN_VALUE);
    }

    /**
     * As {@link #isRevoked(String, String, Instant)}, for threads that must not wait.
     *
     * @param tokenId what identifies the token; not empty
     * @param subject whom it was issued to; not empty
     * @param issuedAt when it was issued
     * @return as {@link #isRevokedAsync(String)}
     * @throws IllegalStateException if the list is closed
     */
    public CompletableFuture<Boolean> isRevokedAsync(String tokenId, String subject, Instant issuedAt) {
        CompletableFuture<Boolean> byToken = afterAsync(Fingerprint.token(tokenId), Long.MIN_VALUE);
        return afterAsync(Fingerprint.subject(subject), issuedAt.toEpochMilli())
                .thenCombine(byToken, Boolean::logicalOr);
    }

    /** Whether a fingerprint is revoked with a number greater than that. */
    private CompletableFuture<Boolean> afterAsync(Fingerprint fingerprint, long millis) {
        if (outbox.find(fingerprint) > millis) {
            return CompletableFuture.completedFuture(true);
        }
        if (shared == null) {
            return CompletableFuture.completedFuture(false);
        }
        return shared.findAsync(fingerprint).handle((found, failure) -> {
            if (failure == null) {
                seeing();
                return found > millis;
            }
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            if (cause instanceof HoldfastException away) {
                return unknown(away);
            }
            throw new CompletionException(cause);
        });
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
     * @throws RevocationRefusedException as {@link #revoke}, or if they alone are more than {@code maximumHeld}; none of them
     *     was revoked
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
        if (shared == null) {
            return Reading.of(Status.UP, "Redis is disabled on purpose: this node has a list of its own");
        }
        if (!shared.inStep()) {
            return Reading.of(
                    Status.DEGRADED,
                    "Redis is away: this node answers from its copy, then as whenUnknown says; revocations are queued");
        }
        return outbox.owed() == 0
                ? Reading.of(Status.UP, "")
                : Reading.of(Status.DEGRADED, "revocations of this node are not in Redis yet");
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
            if (shared != null) {
                shared.metrics().bindTo(registry);
            }
        };
    }

    /**
     * Sends what is owed once more, for as long as one command may take, and ends the list. What could not be sent is lost
     * with this process, and logged as a number. The link stays open. Idempotent.
     */
    @Override
    public void close() {
        if (shared == null || shared.closed()) {
            return;
        }
        shared.close();
        if (outbox.owed() > 0) {
            LOG.warn(
                    "revocation list '{}' was closed while Redis was away: {} of this node never reached it",
                    name,
                    count(outbox.owed()));
        }
    }

    @Override
    public String toString() {
        return "RevocationList[" + name + ", " + link + "]";
    }

    private long lookUp(Fingerprint fingerprint) {
        if (shared == null) {
            return RevokedSet.ABSENT;
        }
        long found = shared.find(fingerprint);
        seeing();
        return found;
    }

    private void seeing() {
        if (blind.get() && blind.compareAndSet(true, false)) {
            LOG.info("revocation list '{}' knows again", name);
        }
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
        if (shared != null && shared.closed()) {
            throw new IllegalStateException("revocation list '" + name + "' is closed");
        }
        if (!outbox.take(revocations, now)) {
            throw new RevocationRefusedException("revocation list '" + name + "': " + count(outbox.owed())
                    + " of this node held already, and " + revocations.size()
                    + " more would exceed maximumHeld " + maximumHeld
                    + (link.state() == LinkState.UP || shared == null ? "" : ", since Redis is away")
                    + "; nothing was revoked: try again later or with fewer at a time, or raise maximumHeld");
        }
        if (shared == null) {
            return;
        }
        try {
            shared.send(revocations);
        } catch (RedisException | InvalidationPendingException e) {
            if (outagePolicy == OutagePolicy.THROW) {
                throw new RevocationPendingException(
                        "revocation list '" + name + "': " + count(revocations.size())
                                + " on this node so far, to be sent when Redis answers: " + e.getMessage(),
                        e);
            }
        }
    }

    private static String count(int revocations) {
        return revocations == 1 ? "1 revocation" : revocations + " revocations";
    }
}
