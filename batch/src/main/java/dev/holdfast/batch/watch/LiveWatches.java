package dev.holdfast.batch.watch;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;

/** The watches of this JVM that are still in use, so that tests find them without being told. */
final class LiveWatches {
    private static final Set<QueryWatch> WATCHES =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private LiveWatches() {}

    static void add(QueryWatch watch) {
        WATCHES.add(watch);
    }

    static List<QueryWatch> all() {
        synchronized (WATCHES) { // as its iterator demands; nothing blocks in here
            return new ArrayList<>(WATCHES);
        }
    }
}
