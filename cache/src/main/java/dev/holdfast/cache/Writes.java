package dev.holdfast.cache;

import dev.holdfast.cache.Steps.Step;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Invalidations and puts; nothing here waits for Redis.
 *
 * <p>An invalidation of keys deletes value and lease first, and announces second: whatever fills tier 2 afterwards holds a
 * lease that was granted after the source's commit. If the connection or topology changes between the two, it starts again at
 * the deletion, which may have been lost with the old primary. Barriers of tags and prefixes are announced only.
 */
final class Writes<K, V> {
    private static final int ATTEMPTS = 3;

    /** What one call could not announce. Once there is anything, its later chunks do not try Redis any more. */
    private static final class Owed {
        int barriers;

        @Nullable
        Throwable cause;

        void add(int more, @Nullable Throwable why) {
            barriers += more;
            cause = cause == null ? why : cause;
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
    private final Values<K, V> values;
    private final Counters counters;
    private final Steps steps;

    /** Where it goes on after an answer of Redis: at once, but never on a thread of the link where a test may hold it. */
    private final Executor next;

    Writes(
            CacheSettings<K, V> settings,
            Tier1<K, V> tier1,
            Tier2 tier2,
            Coherence<K, V> coherence,
            Synchronizer<K, V> synchronizer,
            Journal journal,
            KeyNames<K> names,
            Values<K, V> values,
            Counters counters) {
        this.settings = settings;
        this.link = settings.link();
        this.tier1 = tier1;
        this.tier2 = tier2;
        this.coherence = coherence;
        this.synchronizer = synchronizer;
        this.journal = journal;
        this.names = names;
        this.values = values;
        this.counters = counters;
        this.steps = settings.steps();
        this.next = steps == Steps.NONE ? Runnable::run : task -> new Thread(task).start();
    }

    /** Enters barriers of keys, hard or soft. */
    CompletableFuture<Void> keys(Kind kind, List<K> keys) {
        return barriers(
                keys.stream().map(key -> new Member(kind, names.escape(key))).toList(), keys);
    }

    /** Enters barriers of tags or prefixes. */
    CompletableFuture<Void> wide(Kind kind, List<String> escaped) {
        return barriers(escaped.stream().map(text -> new Member(kind, text)).toList(), null);
    }

    private CompletableFuture<Void> barriers(List<Member> members, @Nullable List<K> keys) {
        counters.invalidationsSent.add(members.size());
        if (alone()) {
            fenceHere(members, keys);
            return CompletableFuture.completedFuture(null);
        }
        return chunk(members, keys, 0, new Owed());
    }

    private void fenceHere(List<Member> members, @Nullable List<K> keys) {
        if (keys != null && !members.isEmpty() && members.get(0).kind() == Kind.KEY) {
            coherence.fence(keys);
        } else {
            coherence.fenceWide(members);
        }
    }

    private CompletableFuture<Void> chunk(List<Member> all, @Nullable List<K> keys, int from, Owed owed) {
        if (from >= all.size()) {
            return settled(owed);
        }
        // Redis is not tried again in this call, so the rest is one piece.
        int to = owed.barriers > 0 ? all.size() : Math.min(all.size(), from + ControlLog.MEMBERS_PER_MINT);
        List<Member> members = all.subList(from, to);
        List<@Nullable K> chunkKeys =
                keys == null ? coherence.decode(members) : new ArrayList<>(keys.subList(from, to));
        List<String> deleted = deleted(members);
        long number = journal.begin(members);
        String first = members.get(0).text();
        if (!deleted.isEmpty() && keys != null) {
            coherence.fence(keys.subList(from, to));
        }
        steps.at(Step.INVALIDATION_FENCED, first);
        if (owed.barriers > 0) {
            coherence.fenceWide(members);
            owed.add(members.size(), null);
            return chunk(all, keys, to, owed);
        }
        return announce(members, chunkKeys, deleted, ATTEMPTS)
                .handle((announced, failure) -> {
                    if (failure == null && announced) {
                        journal.acknowledge(members, number);
                        return null;
                    }
                    coherence.fenceWide(members);
                    owed.add(members.size(), reached(failure));
                    return null;
                })
                .thenCompose(done -> chunk(all, keys, to, owed));
    }

    /** Deletes and mints until both happened under one connection and topology; false if that did not come about. */
    private CompletableFuture<Boolean> announce(
            List<Member> members, List<@Nullable K> keys, List<String> deleted, int attempts) {
        long generation = link.generation();
        String first = members.get(0).text();
        return tier2.deleteAsync(deleted)
                .thenComposeAsync(
                        done -> {
                            steps.at(Step.DELETED, first);
                            return tier2.mintAsync(coherence.applied(), false, members);
                        },
                        next)
                .thenComposeAsync(
                        minted -> {
                            steps.at(Step.MINTED, first);
                            applyOwn(minted, members, keys);
                            if (link.generation() == generation) {
                                return CompletableFuture.completedFuture(true);
                            }
                            return attempts == 1
                                    ? CompletableFuture.completedFuture(false)
                                    : announce(members, keys, deleted, attempts - 1);
                        },
                        next);
    }

    /** Raises the floor. */
    CompletableFuture<Void> everything() {
        counters.invalidationsSent.increment();
        if (alone()) {
            coherence.fenceAll();
            return CompletableFuture.completedFuture(null);
        }
        long number = journal.beginEverything();
        Owed owed = new Owed();
        return tier2.mintAsync(coherence.applied(), true, List.of())
                .handle((minted, failure) -> {
                    if (failure == null) {
                        applyOwn(minted, List.of(), List.of());
                        journal.acknowledgeEverything(number);
                    } else {
                        coherence.fenceAll();
                        owed.add(1, reached(failure));
                    }
                    return null;
                })
                .thenCompose(done -> settled(owed));
    }

    private static List<String> deleted(List<Member> members) {
        return members.stream()
                .filter(member -> member.kind() == Kind.KEY)
                .map(Member::text)
                .toList();
    }

    /** Counts a failure of Redis; whatever else happened is the caller's, and the journal's to try again. */
    private @Nullable Throwable reached(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
        if (cause instanceof RedisException) {
            counters.tier2Failures.increment();
        }
        return cause;
    }

    private CompletableFuture<Void> settled(Owed owed) {
        if (owed.barriers == 0) {
            return CompletableFuture.completedFuture(null);
        }
        synchronizer.retryLater();
        Throwable cause = owed.cause;
        if (cause != null && !(cause instanceof RedisException)) {
            return CompletableFuture.failedFuture(cause); // A key's equals, or a defect: not an outage.
        }
        if (settings.outagePolicy() == OutagePolicy.QUEUE) {
            return CompletableFuture.completedFuture(null);
        }
        return CompletableFuture.failedFuture(new InvalidationPendingException(
                "cache '" + settings.name() + "': " + owed.barriers
                        + (owed.barriers == 1 ? " invalidation holds" : " invalidations hold")
                        + " on this node, but could not be announced to the others yet; the journal retries",
                (RedisException) cause));
    }

    /**
     * Stores values in both tiers.
     *
     * @throws CodecException if the codec refuses one of them; then nothing is stored
     */
    CompletableFuture<Void> put(Map<K, V> entries) {
        List<Draft<K, V>> drafts = new ArrayList<>(entries.size());
        entries.forEach((key, value) -> {
            String escaped = names.escape(key);
            Found<V> found = Objects.requireNonNull(values.found(Loaded.of(value), 0, 0));
            byte[] token = Tier2.newToken();
            drafts.add(new Draft<>(key, escaped, token, found, alone() ? null : values.wrap(escaped, token, found)));
        });
        if (alone()) {
            coherence.fence(List.copyOf(entries.keySet()));
            keep(drafts, coherence.applied(), Long.MAX_VALUE);
            return CompletableFuture.completedFuture(null);
        }
        return putChunk(drafts, 0, new Owed());
    }

    /** A value on its way; stamped when its barrier is. */
    private record Draft<K, V>(
            K key,
            String escaped,
            @SuppressWarnings("ArrayRecordComponent") byte[] token, // Never compared.
            Found<V> found,
            Tier2.@Nullable Fill fill) {
        Found<V> born(long stamp) {
            return new Found<>(
                    found.value(), stamp, found.freshNanos(), found.staleNanos(), found.loadNanos(), found.tags());
        }

        Tier2.Fill fill(long stamp) {
            return Objects.requireNonNull(fill).born(stamp);
        }
    }

    private CompletableFuture<Void> putChunk(List<Draft<K, V>> all, int from, Owed owed) {
        if (from >= all.size()) {
            return settled(owed);
        }
        int to = owed.barriers > 0 ? all.size() : Math.min(all.size(), from + ControlLog.MEMBERS_PER_MINT);
        List<Draft<K, V>> drafts = all.subList(from, to);
        List<Member> members = new ArrayList<>(drafts.size());
        List<K> keys = new ArrayList<>(drafts.size());
        Map<String, byte[]> tokens = new LinkedHashMap<>();
        for (Draft<K, V> draft : drafts) {
            members.add(new Member(Kind.KEY, draft.escaped()));
            keys.add(draft.key());
            tokens.put(draft.escaped(), draft.token());
        }
        long number = journal.begin(members);
        long before = coherence.applied(); // From before the put, so that whoever overtakes it has the last word.
        coherence.fence(keys);
        if (owed.barriers > 0) {
            keep(drafts, before, number);
            owed.add(drafts.size(), null);
            return putChunk(all, to, owed);
        }
        long[] born = {before};
        return write(drafts, members, keys, tokens, born, number)
                .handle((written, failure) -> {
                    if (failure == null && written) {
                        journal.acknowledge(members, number);
                        return null;
                    }
                    Throwable cause = reached(failure);
                    if (cause instanceof RedisException) {
                        // Whatever of it reached Redis is deleted and announced as soon as Redis answers; this node
                        // keeps the values.
                        keep(drafts, born[0], number);
                    }
                    owed.add(drafts.size(), cause);
                    return null;
                })
                .thenCompose(done -> putChunk(all, to, owed));
    }

    private CompletableFuture<Boolean> write(
            List<Draft<K, V>> drafts,
            List<Member> members,
            List<K> keys,
            Map<String, byte[]> tokens,
            long[] born,
            long number) {
        long generation = link.generation();
        long losses = coherence.losses();
        return tier2.stampPuts(tokens, born[0], members)
                .thenComposeAsync(
                        minted -> {
                            born[0] = minted.stamp();
                            applyOwn(minted, members, new ArrayList<>(keys));
                            steps.at(Step.PUT_STAMPED, members.get(0).text());
                            List<Tier2.Fill> fills = drafts.stream()
                                    .map(draft -> draft.fill(minted.stamp()))
                                    .toList();
                            return tier2.fill(fills, tier2.deadline()).thenCompose(stored -> {
                                if (link.generation() != generation || coherence.losses() != losses) {
                                    return CompletableFuture.completedFuture(
                                            false); // The stamp may belong to a history that is gone.
                                }
                                return written(drafts, stored, minted.stamp(), number);
                            });
                        },
                        next);
    }

    private CompletionStage<Boolean> written(List<Draft<K, V>> drafts, List<Boolean> stored, long stamp, long number) {
        List<String> refused = new ArrayList<>();
        List<Draft<K, V>> kept = new ArrayList<>(drafts.size());
        for (int i = 0; i < drafts.size(); i++) {
            if (stored.get(i)) {
                counters.fills.increment();
                kept.add(drafts.get(i));
            } else {
                counters.fillsRefused.increment();
                refused.add(drafts.get(i).escaped());
            }
        }
        keep(kept, stamp, number);
        // An older value may be there still, valid again once its barrier is forgotten.
        return tier2.deleteAsync(refused).thenApply(done -> true);
    }

    /**
     * Stores what was put in tier 1, unless a later invalidation has come between that Redis could not be told: it has no
     * stamp yet that would forbid this.
     */
    private void keep(List<Draft<K, V>> drafts, long born, long number) {
        try (Tier1<K, V>.Stores stores = tier1.stores()) {
            for (Draft<K, V> draft : drafts) {
                String[] tags = draft.found().tags();
                stores.store(
                        draft.key(),
                        draft.escaped(),
                        draft.born(born),
                        () -> journal.overtaken(number, draft.escaped(), tags));
            }
        }
    }

    private void applyOwn(ControlLog.Minted minted, List<Member> members, List<@Nullable K> keys) {
        if (coherence.applyOwn(minted, members, keys)) {
            synchronizer.repairSoon();
        }
        steps.at(
                Step.INVALIDATION_APPLIED,
                members.isEmpty() ? "" : members.get(0).text());
    }

    private boolean alone() {
        return link.state() == LinkState.DISABLED;
    }
}
