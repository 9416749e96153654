package dev.holdfast.cache;

import dev.holdfast.cache.Fleet.Member;
import dev.holdfast.cache.FleetHistory.Position;
import dev.holdfast.cache.FleetHistory.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The operations of a run. What one of them does depends on the seed and its number only, not on the thread. */
final class FleetWorkload {
    private final FleetPlan plan;
    private final VersionedSource source;
    private final FleetHistory history;
    private final IntFunction<Member> members;
    private final ExecutorService loads;

    FleetWorkload(
            FleetPlan plan,
            VersionedSource source,
            FleetHistory history,
            IntFunction<Member> members,
            ExecutorService loads) {
        this.plan = plan;
        this.source = source;
        this.history = history;
        this.members = members;
        this.loads = loads;
    }

    /** Runs one operation; what the cache may throw by contract is not an error. */
    void run(int number) throws Exception {
        Random random = new Random(plan.seed * 1_000_003 + number);
        random.nextInt();
        Member member = members.apply(random.nextInt(Fleet.NODES));
        // Half of the time one of a few keys, so that operations meet.
        int key = random.nextBoolean() ? random.nextInt(4) * 5 : random.nextInt(VersionedSource.KEYS);
        int kind = random.nextInt(100);
        try {
            if (kind < 64) {
                read(member, key, kind, random);
            } else {
                int write = kind - 64;
                boolean wide = write >= 21 && (write < 32 || write >= 34);
                write(member, key, wide && plan.narrow ? 6 : write);
            }
        } catch (CacheLoadException e) {
            // The source failed or was too slow: nothing was returned.
        } catch (InvalidationPendingException e) {
            // Noted where it was thrown.
        }
    }

    private void read(Member member, int key, int kind, Random random) throws Exception {
        if (kind < 34) {
            one(member, key, "get", () -> member.cache.get(VersionedSource.name(key)));
        } else if (kind < 46) {
            one(member, key, "getAsync", () -> future(member, key));
        } else if (kind < 52) {
            Position position = position(member);
            long begun = history.now();
            String value = member.cache.getIfPresent(VersionedSource.name(key));
            if (value != null) {
                note(member, key, value, position, "getIfPresent", begun);
            }
        } else {
            List<String> names = new ArrayList<>();
            for (int i = 0; i < 1 + random.nextInt(8); i++) {
                names.add(VersionedSource.name((key + i * i) % VersionedSource.KEYS));
            }
            Position position = position(member);
            long begun = history.now();
            Map<String, String> found = kind < 61
                    ? member.cache.getAll(names)
                    : outcome(member.cache.async().getAll(names));
            names.forEach(name ->
                    note(member, VersionedSource.key(name), found.get(name), position, "getAll" + names, begun));
        }
    }

    private @Nullable String future(Member member, int key) throws Exception {
        String name = VersionedSource.name(key);
        return outcome(
                plan.async
                        ? member.cache.async().get(name, asked -> source.loadAsync(asked, loads))
                        : member.cache.async().get(name));
    }

    private static <T extends @Nullable Object> T outcome(CompletableFuture<T> future) throws Exception {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private interface Call {
        @Nullable
        String run() throws Exception;
    }

    void one(Member member, int key, String how, Call call) throws Exception {
        Position position = position(member);
        long begun = history.now();
        note(member, key, call.run(), position, how, begun);
    }

    private void note(Member member, int key, @Nullable String value, Position position, String how, long begun) {
        long version = value == null ? -1 : VersionedSource.version(value);
        if (value != null && !value.equals(VersionedSource.value(key, version))) {
            throw new AssertionError("key " + VersionedSource.name(key) + " was given " + value);
        }
        history.read(member.id, key, version, source.version(key), position, how, begun);
    }

    /** How far a member is; older than the truth rather than newer. */
    private Position position(Member member) {
        member.beforeRead();
        Coherence<String, String> coherence = member.cache.coherence();
        long losses = history.losses();
        String epoch = coherence.epoch();
        long applied = coherence.applied();
        return new Position(epoch, epoch.equals(coherence.epoch()) ? applied : -1, losses);
    }

    private void write(Member member, int key, int kind) throws Exception {
        String name = VersionedSource.name(key);
        CoherentCache<String, String> cache = member.cache;
        if (kind < 2) {
            put(member, key);
            return;
        }
        if (kind < 6) {
            update(member, key);
            return;
        }
        String tag = VersionedSource.tag(key, source.version(key));
        source.commit(key);
        if (kind < 17) {
            invalidate(member, new Scope(Kind.KEY, List.of(name)), () -> cache.invalidate(name));
        } else if (kind < 21) {
            int other = (key + 7) % VersionedSource.KEYS;
            source.commit(other);
            List<String> names = List.of(name, VersionedSource.name(other));
            invalidate(member, new Scope(Kind.KEY, names), () -> cache.invalidateAll(names));
        } else if (kind < 27) {
            invalidate(member, new Scope(Kind.TAG, List.of(tag)), () -> cache.invalidateTag(tag));
        } else if (kind < 31) {
            String prefix = kind == 27 ? "user:" : VersionedSource.prefix(key);
            invalidate(member, new Scope(Kind.PREFIX, List.of(prefix)), () -> cache.invalidatePrefix(prefix));
        } else if (kind < 32) {
            invalidate(member, new Scope(null, List.of()), cache::clear);
        } else if (kind < 34) {
            soft(member, new Scope(Kind.SOFT_KEY, List.of(name)), () -> cache.expire(name));
        } else {
            soft(member, new Scope(Kind.SOFT_TAG, List.of(tag)), () -> cache.expireTag(tag));
        }
    }

    /** Where nothing stale may be served, expiring forbids as invalidating does. */
    private void soft(Member member, Scope scope, Runnable call) {
        if (plan.stale) {
            call.run();
        } else {
            invalidate(member, scope, call);
        }
    }

    private void invalidate(Member member, Scope scope, Runnable call) {
        long[] versions = source.versions();
        long begun = history.now();
        long losses = history.losses();
        boolean acknowledged = false;
        try {
            call.run();
            acknowledged = true;
        } finally {
            history.invalidated(member.id, scope, versions, acknowledged, stamp(member, scope, losses), begun);
        }
    }

    private void update(Member member, int key) throws Exception {
        String name = VersionedSource.name(key);
        Scope scope = new Scope(Kind.KEY, List.of(name));
        long[] committed = new long[1];
        long[] begun = new long[1];
        long losses = history.losses();
        boolean acknowledged = false;
        try {
            member.cache.update(name, () -> {
                committed[0] = source.commit(key);
                begun[0] = history.now();
                return committed[0];
            });
            acknowledged = true;
        } finally {
            if (committed[0] > 0) {
                long[] versions = new long[VersionedSource.KEYS];
                versions[key] = committed[0];
                history.invalidated(member.id, scope, versions, acknowledged, stamp(member, scope, losses), begun[0]);
            }
        }
    }

    private void put(Member member, int key) {
        long version = source.commit(key);
        if (VersionedSource.absent(key, version)) {
            version = source.commit(key);
        }
        String name = VersionedSource.name(key);
        String value = VersionedSource.value(key, version);
        Scope scope = new Scope(Kind.KEY, List.of(name));
        long[] versions = new long[VersionedSource.KEYS];
        versions[key] = version;
        long begun = history.now();
        long losses = history.losses();
        boolean acknowledged = false;
        try {
            member.cache.put(name, value);
            acknowledged = true;
        } finally {
            history.put(member.id, key, version, begun);
            history.invalidated(member.id, scope, versions, acknowledged, stamp(member, scope, losses), begun);
        }
    }

    /**
     * A position whose stamp is not below that of an invalidation which has just returned: the smallest stamp that a value
     * must be born at to be valid here.
     */
    private Position stamp(Member member, Scope scope, long lossesBefore) {
        Coherence<String, String> coherence = member.cache.coherence();
        String epoch = coherence.epoch();
        Kind kind = scope.kind();
        long stamp = coherence.barriers().floor();
        if (kind != null) {
            for (String text : scope.texts()) {
                stamp = Math.max(stamp, smallest(coherence.barriers(), kind, text));
            }
        }
        long losses = history.losses();
        boolean calm = losses == lossesBefore && losses % 2 == 0 && epoch.equals(coherence.epoch()) && stamp > 0;
        return new Position(epoch, calm ? stamp : Long.MAX_VALUE, calm ? losses : -1);
    }

    private static long smallest(Barriers barriers, Kind kind, String text) {
        long invalid = -1;
        long valid = 1L << 53;
        while (valid - invalid > 1) {
            long middle = (invalid + valid) >>> 1;
            boolean ok = switch (kind) {
                case KEY -> barriers.valid(text, Entry.NO_TAGS, middle);
                case PREFIX -> barriers.valid(text + "z", Entry.NO_TAGS, middle);
                case TAG -> barriers.valid("z", new String[] {text}, middle);
                case SOFT_KEY -> !barriers.soft(text, Entry.NO_TAGS, middle);
                case SOFT_TAG -> !barriers.soft("z", new String[] {text}, middle);
            };
            if (ok) {
                valid = middle;
            } else {
                invalid = middle;
            }
        }
        return valid;
    }

    /** Reads every key on some members, as the end of a run. */
    void readEverything(Stream<Member> all) {
        all.forEach(member -> {
            for (int key = 0; key < VersionedSource.KEYS; key++) {
                int asked = key;
                try {
                    one(member, key, "last get", () -> member.cache.get(VersionedSource.name(asked)));
                } catch (CacheLoadException e) {
                    // Remembered from before; nothing was returned.
                } catch (Exception e) {
                    throw new AssertionError("the last read failed", e);
                }
            }
        });
    }
}
