package dev.holdfast.testkit.junit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one test, or one class, has been given; each is used by one thread at a time. */
final class Scope {

    private final Map<Object, AutoCloseable> owned = new LinkedHashMap<>();
    private final Set<ServerFixture<?>> used = new LinkedHashSet<>();

    @Nullable
    AutoCloseable find(Object key) {
        return owned.get(key);
    }

    AutoCloseable add(Object key, AutoCloseable value) {
        owned.put(key, value);
        return value;
    }

    /** Notes that a shared server is used here; true the first time. */
    boolean use(ServerFixture<?> fixture) {
        return used.add(fixture);
    }

    Set<ServerFixture<?>> used() {
        return Set.copyOf(used);
    }

    /** What is to be closed, the youngest first. */
    List<AutoCloseable> drain() {
        List<AutoCloseable> all = new ArrayList<>(owned.values());
        Collections.reverse(all);
        owned.clear();
        used.clear();
        return all;
    }
}
