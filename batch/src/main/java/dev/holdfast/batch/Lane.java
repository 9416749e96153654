package dev.holdfast.batch;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What one loader has in one scope: what it knows, what is queued, what was announced. Guarded by the dispatcher's lock. */
final class Lane {
    final BatchLoader<?, ?> loader;
    final boolean caching;
    private final EntryTable known = new EntryTable();
    private List<Entry> queue = new ArrayList<>();
    private @Nullable Set<Object> announced;
    long oldestQueued;

    Lane(BatchLoader<?, ?> loader, boolean caching) {
        this.loader = loader;
        this.caching = caching;
    }

    @Nullable
    Entry find(Object key, int hash) {
        return known.get(key, hash);
    }

    Entry enqueue(Object key, int hash) {
        if (announced != null) {
            announced.remove(key);
        }
        if (queue.isEmpty()) {
            oldestQueued = System.nanoTime();
        }
        Entry entry = new Entry(key, hash);
        known.add(entry);
        queue.add(entry);
        return entry;
    }

    int queued() {
        return queue.size();
    }

    boolean full() {
        return queue.size() >= loader.settings().maximumBatchSize;
    }

    void announce(Object key) {
        if (known.get(key, EntryTable.hash(key)) == null) {
            if (announced == null) {
                announced = new LinkedHashSet<>();
            }
            announced.add(key);
        }
    }

    /** Forms batches of all that is queued, the last filled up with what was announced. */
    void cut(Queue<Batch> batches) {
        List<Entry> all = queue;
        queue = new ArrayList<>();
        int most = loader.settings().maximumBatchSize;
        addAnnounced(all, most - (all.size() - 1) % most - 1);
        for (int from = 0; from < all.size(); ) {
            int to = (int) Math.min(all.size(), (long) from + most);
            Batch batch = new Batch(this, all.subList(from, to).toArray(new Entry[0]));
            for (Entry entry : batch.entries) {
                entry.batch = batch;
                if (!caching) {
                    // Whoever asks from now on wants a value read from now on.
                    known.remove(entry);
                }
            }
            batches.add(batch);
            from = to;
        }
    }

    private void addAnnounced(List<Entry> batch, int room) {
        if (announced == null) {
            return;
        }
        Iterator<Object> next = announced.iterator();
        for (int i = 0; i < room && next.hasNext(); ) {
            Object key = next.next();
            next.remove();
            int hash = EntryTable.hash(key);
            if (known.get(key, hash) == null) {
                Entry entry = new Entry(key, hash);
                known.add(entry);
                batch.add(entry);
                i++;
            }
        }
        if (announced.isEmpty()) {
            announced = null;
        }
    }

    /** Takes everything that is queued out of the queue, unanswered. */
    List<Entry> drain() {
        List<Entry> all = queue;
        queue = new ArrayList<>();
        all.forEach(known::remove);
        return all;
    }

    void forget(Entry entry) {
        known.remove(entry);
    }

    void prime(Object key, Object outcome) {
        forget(key);
        Entry entry = new Entry(key, EntryTable.hash(key));
        entry.outcome = outcome;
        known.add(entry);
    }

    /** Later loads ask again; those under way keep what they get, and it is not stored. */
    void forget(Object key) {
        Entry entry = known.get(key, EntryTable.hash(key));
        if (entry != null) {
            known.remove(entry);
        }
        if (announced != null) {
            announced.remove(key);
        }
    }

    void forgetAll() {
        known.clear();
        announced = null;
    }
}
