package dev.holdfast.cache;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The barriers this node has applied: a value born before the floor, or before the barrier of its key, of one of its tags
 * or of a prefix of its key, is invalid; one born before a soft barrier is stale.
 *
 * <p>Reads are lock-free; {@link Coherence} makes all changes under its lock. {@link #version()} moves after every change
 * that names no key, so an entry found valid under a version is valid as long as that is the version.
 *
 * <p>Bounded: beyond the limit everything older than the newest stamp becomes invalid instead, which forgets nothing and
 * costs some reloads.
 */
final class Barriers {
    private final int limit;
    private final char delimiter;
    private final Map<Kind, ConcurrentHashMap<String, Long>> maps = new EnumMap<>(Kind.class);
    private final ConcurrentHashMap<String, Long> keys;
    private final ConcurrentHashMap<String, Long> tags;
    private final ConcurrentHashMap<String, Long> prefixes;
    private final ConcurrentHashMap<String, Long> softKeys;
    private final ConcurrentHashMap<String, Long> softTags;
    private volatile long floor;

    /** Newest barrier of a tag or prefix that was forgotten; see {@link #forgotten}. */
    private volatile long forgotten;

    private volatile int version;

    /**
     * Makes it empty.
     *
     * @param limit how many barriers it holds at most
     * @param delimiter ends a segment of a key, so that prefixes are looked up by segment
     */
    Barriers(int limit, char delimiter) {
        this.limit = limit;
        this.delimiter = delimiter;
        for (Kind kind : Kind.values()) {
            maps.put(kind, new ConcurrentHashMap<>());
        }
        keys = map(Kind.KEY);
        tags = map(Kind.TAG);
        prefixes = map(Kind.PREFIX);
        softKeys = map(Kind.SOFT_KEY);
        softTags = map(Kind.SOFT_TAG);
    }

    long floor() {
        return floor;
    }

    /** Moves with the floor and with every barrier of a tag or prefix. */
    int version() {
        return version;
    }

    /** Whether any prefix is barred, so that the text of keys matters. */
    boolean prefixed() {
        return !prefixes.isEmpty();
    }

    /** Whether a value of this key and these tags may be served or stored. */
    boolean valid(String escapedKey, String[] escapedTags, long born) {
        Long barrier = keys.get(escapedKey);
        return (barrier == null || born >= barrier)
                && validWide(escapedKey, escapedTags, born)
                && born >= forgotten; // Last, as the floor: it is raised before what it stands for goes.
    }

    /**
     * A barrier of a tag or prefix was forgotten, here or in Redis, since whatever it fenced has ended by the settings of who
     * forgot it. Where other nodes have longer lives it has not, so nothing is taken from tier 2 that was born before.
     */
    void forgotten(long stamp) {
        forgotten = Math.max(forgotten, stamp);
    }

    /** The same for an entry of tier 1, which the barrier of its key would have dropped. */
    boolean validWide(String escapedKey, String[] escapedTags, long born) {
        if (escapedTags.length > 0 && !tags.isEmpty() && anyAfter(tags, escapedTags, born)) {
            return false;
        }
        if (!prefixes.isEmpty() && prefixedAfter(escapedKey, born)) {
            return false;
        }
        return born >= floor; // Last: barriers are removed after the floor that replaces them was raised.
    }

    /** Whether a valid value is stale since its key or a tag was expired. */
    boolean soft(String escapedKey, String[] escapedTags, long born) {
        if (!softKeys.isEmpty()) {
            Long barrier = softKeys.get(escapedKey);
            if (barrier != null && born < barrier) {
                return true;
            }
        }
        return softWide(escapedTags, born);
    }

    /** The same for an entry of tier 1, which the soft barrier of its key would have made stale. */
    boolean softWide(String[] escapedTags, long born) {
        return escapedTags.length > 0 && !softTags.isEmpty() && anyAfter(softTags, escapedTags, born);
    }

    private static boolean anyAfter(ConcurrentHashMap<String, Long> barriers, String[] names, long born) {
        for (String name : names) {
            Long barrier = barriers.get(name);
            if (barrier != null && born < barrier) {
                return true;
            }
        }
        return false;
    }

    private boolean prefixedAfter(String escapedKey, long born) {
        for (int end = escapedKey.indexOf(delimiter); end >= 0; end = escapedKey.indexOf(delimiter, end + 1)) {
            Long barrier = prefixes.get(escapedKey.substring(0, end + 1));
            if (barrier != null && born < barrier) {
                return true;
            }
        }
        return false;
    }

    /**
     * Enters a barrier.
     *
     * @return false if that made it overflow: everything older than the stamp is now invalid instead
     */
    boolean enter(Member member, long stamp) {
        map(member.kind()).merge(member.text(), stamp, Math::max);
        if (size() > limit) {
            raiseFloor(stamp);
            return false;
        }
        if (member.kind().wide()) {
            moved();
        }
        return true;
    }

    /** Whether so many more can be entered without an overflow. */
    boolean roomFor(int more) {
        return size() + more <= limit;
    }

    /** Raises the floor, if the stamp is newer; returns whether it was. */
    boolean raiseFloor(long stamp) {
        if (stamp <= floor) {
            return false;
        }
        floor = stamp;
        moved();
        maps.values().forEach(map -> map.values().removeIf(barrier -> barrier <= stamp));
        return true;
    }

    /**
     * Forgets barriers whose work is done.
     *
     * @param keyHorizon older barriers of keys: every value they would fence is deleted or detached
     * @param wideHorizon older barriers of any kind: every value they would fence has ended
     */
    void prune(long keyHorizon, long wideHorizon) {
        maps.forEach((kind, map) -> {
            long horizon = kind == Kind.KEY ? keyHorizon : wideHorizon;
            if (kind == Kind.TAG || kind == Kind.PREFIX) {
                map.values().stream()
                        .filter(barrier -> barrier < horizon)
                        .max(Long::compare)
                        .ifPresent(this::forgotten);
            }
            map.values().removeIf(barrier -> barrier < horizon);
        });
    }

    /** Starts over with the floor of another history. */
    void reset(long newFloor) {
        floor = Long.MAX_VALUE; // Or a reader would find barriers gone before the new floor stands for them.
        maps.values().forEach(Map::clear);
        forgotten = 0;
        floor = newFloor;
        moved();
    }

    int size() {
        int sum = 0;
        for (ConcurrentHashMap<String, Long> map : maps.values()) {
            sum += map.size();
        }
        return sum;
    }

    /** After the change, so that whoever sees the new version sees the change. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Changes exclude each other.
    private void moved() {
        version++;
    }

    private ConcurrentHashMap<String, Long> map(Kind kind) {
        return Objects.requireNonNull(maps.get(kind));
    }
}
