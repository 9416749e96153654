package dev.holdfast.batch;

import org.jspecify.annotations.Nullable;

/** The entries of one loader in one scope, by key: a hash table with linear probing, at most half full. Not thread-safe. */
final class EntryTable {
    private static final int SMALLEST = 16;

    private @Nullable Entry[] slots = new Entry[SMALLEST];
    private int size;

    static int hash(Object key) {
        int h = key.hashCode() * 0x9E3779B9; // Fibonacci hashing: consecutive ids spread over the table
        return h ^ (h >>> 16);
    }

    @Nullable
    Entry get(Object key, int hash) {
        int mask = slots.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            Entry entry = slots[i];
            if (entry == null || (entry.hash == hash && entry.key.equals(key))) {
                return entry;
            }
        }
    }

    /** Adds an entry whose key is not in the table. */
    void add(Entry entry) {
        if (++size * 2 > slots.length) {
            grow();
        }
        place(entry);
    }

    /** Removes exactly this entry; does nothing if another one, or none, has its key. */
    void remove(Entry entry) {
        int mask = slots.length - 1;
        int i = entry.hash & mask;
        while (slots[i] != entry) {
            if (slots[i] == null) {
                return;
            }
            i = (i + 1) & mask;
        }
        size--;
        // Close the gap: whoever was pushed past it by a collision moves back (Knuth, TAOCP 3, 6.4, algorithm R).
        int gap = i;
        for (int j = (i + 1) & mask; ; j = (j + 1) & mask) {
            Entry next = slots[j];
            if (next == null) {
                slots[gap] = null;
                return;
            }
            int home = next.hash & mask;
            if (((j - home) & mask) >= ((j - gap) & mask)) {
                slots[gap] = next;
                gap = j;
            }
        }
    }

    void clear() {
        slots = new Entry[SMALLEST];
        size = 0;
    }

    int size() {
        return size;
    }

    private void grow() {
        @Nullable Entry[] old = slots;
        slots = new Entry[old.length * 2];
        for (Entry entry : old) {
            if (entry != null) {
                place(entry);
            }
        }
    }

    private void place(Entry entry) {
        int mask = slots.length - 1;
        int i = entry.hash & mask;
        while (slots[i] != null) {
            i = (i + 1) & mask;
        }
        slots[i] = entry;
    }
}
