package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Invalidations and puts.
 *
 * <p>An invalidation deletes value and lease first, and announces second: whatever fills tier 2 afterwards holds a lease
 * that was granted after the source's commit. If the connection or topology changes between the two, it starts again at
 * the deletion, which may have been lost with the old primary.
 */
final class Writes<K, V> {
    private static final int ATTEMPTS = 3;

    /** What one call could not announce. Once there is anything, its later chunks do not wait for Redis any more. */
    private static final class Owed {
        int keys;

        @Nullable
        RedisException cause;

        void add(int more, RedisException why) {
            keys += more;
            cause = why;
        }
    }

    private final CacheSettings<K, V> settings;
    private final RedisLink link;
    private final Tier1<K, V> tier1;
    private final Tier2 tier2;
    private final Coherence<K, V> coherence;
    private final Synchronizer<K, V> synchronizer;
    private final Journal journal;
    private final KeyNames<K> names;
    private final Tier2Access<K, V> access;
    private final Counters counters;
    private final Steps steps;

    Writes(
            CacheSettings<K, V> settings,
            Tier1<K, V> tier1,
            Tier2 tier2,
            Coherence<K, V> coherence,
            Synchronizer<K, V> synchronizer,
            Journal journal,
            KeyNames<K> names,
            Tier2Access<K, V> access,
            Counters counters) {
        this.settings = settings;
        this.link = settings.link();
        this.tier1 = tier1;
        this.tier2 = tier2;
        this.coherence = coherence;
        this.synchronizer = synchronizer;
        this.journal = journal;
        this.names = names;
        this.access = access;
        this.counters = counters;
        this.steps = settings.steps();
    }

    void invalidate(List<K> keys) {
        List<String> escaped = keys.stream().map(names::escape).toList();
        counters.invalidationsSent.add(keys.size());
        if (alone()) {
            coherence.fence(keys);
            return;
        }
        Owed owed = new Owed();
        for (int from = 0; from < keys.size(); from += ControlLog.MEMBERS_PER_MINT) {
            int to = Math.min(keys.size(), from + ControlLog.MEMBERS_PER_MINT);
            invalidateChunk(keys.subList(from, to), escaped.subList(from, to), owed);
        }
        settle(owed);
    }

    private void invalidateChunk(List<K> keys, List<String> escaped, Owed owed) {
        long number = journal.begin(escaped);
        coherence.fence(keys);
        steps.at(Step.INVALIDATION_FENCED, escaped.get(0));
        if (owed.keys > 0) {
            owed.keys += keys.size();
            return;
        }
        try {
            for (int i = 0; i < ATTEMPTS; i++) {
                long generation = link.generation();
                tier2.delete(escaped, tier2.deadline());
                steps.at(Step.DELETED, escaped.get(0));
                ControlLog.Minted minted = tier2.mint(coherence.applied(), false, escaped, tier2.deadline());
                steps.at(Step.MINTED, escaped.get(0));
                applyOwn(minted, keys, escaped);
                if (link.generation() == generation) {
                    journal.acknowledge(escaped, number);
                    return;
                }
            }
            owed.keys += keys.size();
        } catch (RedisException e) {
            counters.tier2Failures.increment();
            owed.add(keys.size(), e);
        } catch (RuntimeException | Error e) {
            synchronizer
                    .retryLater(); // The journal would refuse tier 2 to these keys until somebody acknowledges them.
            throw e;
        }
    }

    private void settle(Owed owed) {
        if (owed.keys == 0) {
            return;
        }
        synchronizer.retryLater();
        if (settings.outagePolicy() == OutagePolicy.THROW) {
            throw new InvalidationPendingException(
                    "cache '" + settings.name() + "': " + owed.keys
                            + (owed.keys == 1 ? " key is" : " keys are")
                            + " invalid on this node, but not announced to the others yet; the journal retries",
                    owed.cause);
        }
    }

    void put(Map<K, V> values) {
        List<K> keys = List.copyOf(values.keySet());
        List<String> escaped = keys.stream().map(names::escape).toList();
        if (alone()) {
            coherence.fence(keys);
            keepHere(keys, escaped, values, coherence.applied());
            return;
        }
        List<Tier2.Fill> drafts = new ArrayList<>(keys.size());
        for (int i = 0; i < keys.size(); i++) { // All of them before the first is stored: the codec may refuse one.
            V value = Objects.requireNonNull(values.get(keys.get(i)));
            drafts.add(access.values()
                    .wrap(escaped.get(i), Tier2.newToken(), value, 0, access.lifeNanos(), Duration.ZERO));
        }
        Owed owed = new Owed();
        for (int from = 0; from < keys.size(); from += ControlLog.MEMBERS_PER_MINT) {
            int to = Math.min(keys.size(), from + ControlLog.MEMBERS_PER_MINT);
            putChunk(keys.subList(from, to), escaped.subList(from, to), drafts.subList(from, to), values, owed);
        }
        settle(owed);
    }

    private void putChunk(List<K> keys, List<String> escaped, List<Tier2.Fill> drafts, Map<K, V> values, Owed owed) {
        Map<String, byte[]> tokens = new LinkedHashMap<>();
        drafts.forEach(draft -> tokens.put(draft.key(), draft.token()));
        long number = journal.begin(escaped);
        long born = coherence.applied(); // From before the put, so that whoever overtakes it has the last word.
        coherence.fence(keys);
        if (owed.keys > 0) {
            keepHere(keys, escaped, values, born);
            owed.keys += keys.size();
            return;
        }
        try {
            long generation = link.generation();
            long losses = coherence.losses();
            ControlLog.Minted minted = tier2.stampPuts(tokens, born, escaped);
            born = minted.stamp();
            applyOwn(minted, keys, escaped);
            steps.at(Step.PUT_STAMPED, escaped.get(0));
            List<Boolean> stored = tier2.write(stamped(drafts, minted.stamp()));
            if (link.generation() != generation || coherence.losses() != losses) {
                owed.keys += keys.size(); // The stamp may belong to a history that is gone.
                return;
            }
            List<String> refused = new ArrayList<>();
            for (int i = 0; i < keys.size(); i++) {
                if (stored.get(i)) {
                    counters.fills.increment();
                    long life = drafts.get(i).millisToLive() * 1_000_000;
                    keep(keys.get(i), escaped.get(i), values, minted.stamp(), life);
                } else {
                    counters.fillsRefused.increment();
                    refused.add(escaped.get(i));
                }
            }
            if (!refused.isEmpty()) {
                tier2.delete(
                        refused,
                        tier2.deadline()); // An older value may be there still, valid again once its barrier is
                // forgotten.
            }
            journal.acknowledge(escaped, number);
        } catch (RedisException e) {
            // Whatever of it reached Redis is deleted and announced as soon as Redis answers; this node keeps the
            // values.
            counters.tier2Failures.increment();
            keepHere(keys, escaped, values, born);
            owed.add(keys.size(), e);
        } catch (RuntimeException | Error e) {
            synchronizer.retryLater();
            throw e;
        }
    }

    private void keepHere(List<K> keys, List<String> escaped, Map<K, V> values, long born) {
        for (int i = 0; i < keys.size(); i++) {
            keep(keys.get(i), escaped.get(i), values, born, access.lifeNanos());
        }
    }

    private static List<Tier2.Fill> stamped(List<Tier2.Fill> drafts, long stamp) {
        return drafts.stream().map(draft -> draft.born(stamp)).toList();
    }

    private void keep(K key, String escaped, Map<K, V> values, long born, long life) {
        tier1.store(key, escaped, Objects.requireNonNull(values.get(key)), born, life, null);
    }

    private void applyOwn(ControlLog.Minted minted, List<K> keys, List<String> escaped) {
        if (coherence.applyOwn(minted, escaped, new ArrayList<>(keys))) {
            synchronizer.repairSoon();
        }
        steps.at(Step.INVALIDATION_APPLIED, escaped.get(0));
    }

    private boolean alone() {
        return link.state() == LinkState.DISABLED;
    }
}
