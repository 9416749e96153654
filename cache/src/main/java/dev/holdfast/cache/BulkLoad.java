package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Brings many keys from the source into both tiers: one pipeline of leases, one call of the source, one pipeline of fills.
 * What other nodes are loading meanwhile is looked for again and again, and loaded when they have let go of it.
 */
final class BulkLoad<K, V> {
    private final Reading<K, V> reading;
    private final CacheSettings<K, V> settings;
    private final Tier1<K, V> tier1;
    private final Tier2Access<K, V> access;
    private final Counters counters;
    private final ReadThrough<K, V> single;

    BulkLoad(Reading<K, V> reading, ReadThrough<K, V> single) {
        this.reading = reading;
        this.settings = reading.settings;
        this.tier1 = reading.tier1;
        this.access = reading.access;
        this.counters = reading.counters;
        this.single = single;
    }

    /** Loads all of them, whatever happens: each flight has landed when this returns. */
    void load(List<Attempt<K, V>> own, BulkSource<K, V> bulkSource) {
        own.forEach(attempt -> attempt.flight.board());
        unpark(own);
        try {
            List<Attempt<K, V>> open = new ArrayList<>(own);
            open.removeIf(Attempt::landedMeanwhile);
            List<Attempt<K, V>> busy = lease(open);
            open.removeAll(busy);
            fromSource(open, bulkSource);
            poll(busy, bulkSource);
        } catch (Throwable failure) { // The callers are told by the flights, those that joined as well.
            own.stream().filter(attempt -> !attempt.flight.landed()).forEach(attempt -> attempt.flight.fail(failure));
        } finally {
            own.forEach(Attempt::close);
        }
    }

    /** Asks for the leases; returns what other nodes are loading, unless something stale was served for it. */
    private List<Attempt<K, V>> lease(List<Attempt<K, V>> open) {
        List<Attempt<K, V>> asked =
                open.stream().filter(attempt -> access.open(attempt.escaped)).toList();
        if (asked.isEmpty()) {
            return List.of();
        }
        long now = reading.ticker.read();
        Map<String, byte[]> tokens;
        try {
            tokens = access.tier2()
                    .leaseAll(
                            asked.stream().map(attempt -> attempt.escaped).toList(),
                            access.tier2().deadline());
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return List.of();
        }
        List<Attempt<K, V>> busy = new ArrayList<>();
        for (Attempt<K, V> attempt : asked) {
            attempt.leased(tokens.get(attempt.escaped), now);
            if (!attempt.hasLease()) {
                counters.leasesBusy.increment();
                if (attempt.served(PollPause.staleNanos()) || reading.mayPoll(attempt)) {
                    busy.add(attempt);
                }
            }
        }
        return busy;
    }

    /** Looks again and again at what other nodes are loading, and loads what they have let go of. */
    private void poll(List<Attempt<K, V>> busy, BulkSource<K, V> bulkSource) {
        List<Attempt<K, V>> waiting = new ArrayList<>(busy);
        waiting.removeIf(attempt -> attempt.flight.landed());
        waiting.forEach(attempt -> attempt.flight.queueing(true));
        long begun = System.nanoTime();
        long longest = 2 * settings.leaseTime().toNanos();
        for (long waited = 0; !waiting.isEmpty() && waited < longest; waited = System.nanoTime() - begun) {
            single.pause(keys(waiting), waited);
            if (!access.tier2Open()) {
                break;
            }
            List<Attempt<K, V>> granted = claim(waiting);
            waiting.removeIf(attempt -> attempt.flight.landed());
            waiting.removeAll(granted);
            fromSource(granted, bulkSource);
        }
        fromSource(waiting, bulkSource);
    }

    private List<Attempt<K, V>> claim(List<Attempt<K, V>> waiting) {
        long now = reading.ticker.read();
        List<Claim> claims;
        try {
            claims = access.tier2()
                    .claimAll(
                            waiting.stream().map(attempt -> attempt.escaped).toList(),
                            access.tier2().deadline());
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            return List.copyOf(waiting);
        }
        List<Attempt<K, V>> granted = new ArrayList<>();
        for (int i = 0; i < claims.size(); i++) {
            Attempt<K, V> attempt = waiting.get(i);
            attempt.leased(claims.get(i).token(), now);
            if (!attempt.answered(claims.get(i).bytes())
                    && !(attempt.fallback() != null && !attempt.hasLease() && attempt.served(PollPause.staleNanos()))
                    && attempt.hasLease()) {
                granted.add(attempt);
            }
        }
        return granted;
    }

    private void fromSource(List<Attempt<K, V>> toLoad, BulkSource<K, V> bulkSource) {
        if (toLoad.isEmpty()) {
            return;
        }
        toLoad.forEach(attempt -> attempt.flight.queueing(false));
        unpark(toLoad);
        try {
            Map<K, Loaded<V>> loaded = load(keys(toLoad), toLoad, bulkSource);
            Set<K> absent = new LinkedHashSet<>();
            for (Attempt<K, V> attempt : toLoad) {
                Loaded<V> one = loaded.getOrDefault(attempt.key, Loaded.absent());
                reading.prepare(attempt, one);
                if (one.value() == null) {
                    absent.add(attempt.key);
                }
            }
            // Every value has passed the codec, so that nothing of this call is cached if one of them does not.
            store(toLoad);
            if (!absent.isEmpty()) {
                reading.requirePresence(absent);
            }
            toLoad.forEach(attempt -> attempt.land(
                    loaded.getOrDefault(attempt.key, Loaded.absent()).value()));
        } catch (Throwable failure) {
            boolean all = true;
            for (Attempt<K, V> attempt : toLoad) {
                all &= attempt.failed(failure) == null;
            }
            if (!all && failure instanceof Error error) {
                throw error;
            }
        }
    }

    /** Says that all of them wait; false if one of them must not. */
    static <K, V> boolean park(List<Attempt<K, V>> attempts) {
        for (Attempt<K, V> attempt : attempts) {
            if (!attempt.flight.park()) {
                unpark(attempts);
                return false;
            }
        }
        return true;
    }

    private static <K, V> void unpark(List<Attempt<K, V>> attempts) {
        attempts.forEach(attempt -> attempt.flight.unpark());
    }

    private static <K, V> Set<K> keys(List<Attempt<K, V>> attempts) {
        Set<K> keys = new LinkedHashSet<>();
        attempts.forEach(attempt -> keys.add(attempt.key));
        return Collections.unmodifiableSet(keys);
    }

    private void store(List<Attempt<K, V>> loaded) {
        List<Tier2.Fill> fills = new ArrayList<>(loaded.size());
        List<Attempt<K, V>> filling = new ArrayList<>(loaded.size());
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            for (Attempt<K, V> attempt : loaded) {
                attempt.store(stores);
                Tier2.Fill fill = attempt.takeFill();
                if (fill != null) {
                    fills.add(fill);
                    filling.add(attempt);
                }
            }
        }
        if (!fills.isEmpty()) {
            access.fill(fills, filling);
        }
    }

    private Map<K, Loaded<V>> load(Set<K> keys, List<Attempt<K, V>> attempts, BulkSource<K, V> bulkSource) {
        boolean gated = !Reading.nested() && park(attempts);
        if (gated) {
            single.enter(keys);
            unpark(attempts);
        }
        long begun = reading.ticker.read();
        boolean failed = true;
        try {
            attempts.forEach(Attempt::begin);
            Map<K, Loaded<V>> loaded = reading.loading(keys, () -> bulkSource.load(keys));
            failed = false;
            return loaded;
        } catch (Exception e) {
            counters.loadFailures.add(keys.size());
            throw reading.loadFailure(keys, e);
        } finally {
            if (gated) {
                reading.gate.leave((reading.ticker.read() - begun) / keys.size(), failed, reading.ticker.read());
            }
        }
    }
}
