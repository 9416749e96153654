package dev.holdfast.cache;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The database behind a fleet: each key has a version that grows with every commit; some versions are a deleted row, and the
 * tag of a key changes with its versions.
 */
final class VersionedSource {
    static final int KEYS = 24;
    private static final int PARTS = 3;
    private static final List<String> NAMES = IntStream.range(0, KEYS)
            .mapToObj(key -> "user:" + key / PARTS + ":" + (char) ('a' + key % PARTS))
            .toList();

    private final AtomicLongArray versions = new AtomicLongArray(KEYS);

    /** Of a hundred loads, how many are slow, and how many fail. */
    volatile int slow;

    volatile int failing;

    static String name(int key) {
        return NAMES.get(key);
    }

    static int key(String name) {
        return NAMES.indexOf(name);
    }

    static String prefix(int key) {
        return "user:" + key / PARTS + ":";
    }

    /** The tag of a version of a key; none for a deleted row. */
    static String tag(int key, long version) {
        return "t" + (key + version / 2) % 5;
    }

    static boolean absent(int key, long version) {
        return version > 0 && (key + version) % 9 == 0;
    }

    static String value(int key, long version) {
        return name(key) + "#" + version;
    }

    static long version(String value) {
        return Long.parseLong(value.substring(value.indexOf('#') + 1));
    }

    /** What the caches are given as their function of tags. */
    static Set<String> tags(String value) {
        return Set.of(tag(key(value.substring(0, value.indexOf('#'))), version(value)));
    }

    long version(int key) {
        return versions.get(key);
    }

    long commit(int key) {
        return versions.incrementAndGet(key);
    }

    long[] versions() {
        return IntStream.range(0, KEYS).mapToLong(versions::get).toArray();
    }

    @Nullable
    String load(String name) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        boolean late = random.nextInt(100) < slow;
        if (late && random.nextBoolean()) {
            Waiting.millis(random.nextInt(1, 15));
        }
        int key = key(name);
        long version = versions.get(key);
        if (late) {
            Waiting.millis(random.nextInt(1, 15));
        }
        if (random.nextInt(100) < failing) {
            throw new IllegalStateException("the database of this test is down");
        }
        return absent(key, version) ? null : value(key, version);
    }

    Map<String, String> loadAll(Set<String> names) {
        Map<String, String> found = new LinkedHashMap<>();
        for (String name : names) {
            String value = load(name);
            if (value != null) {
                found.put(name, value);
            }
        }
        return found;
    }

    CompletionStage<@Nullable String> loadAsync(String name, Executor executor) {
        return CompletableFuture.supplyAsync(() -> load(name), executor);
    }
}
