package dev.holdfast.batch.source;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits keys into IN-lists of few different sizes, so that a database sees few different statements: powers of two up to 512,
 * and 1,000, which every database takes. What is missing to the size repeats the last key.
 */
public final class KeyChunks {
    private static final int LARGEST = 1_000;
    private static final int LARGEST_POWER = 512;

    private KeyChunks() {}

    /**
     * Splits keys.
     *
     * @param keys at least one
     * @param <K> the key type
     * @return lists of padded size
     */
    public static <K> List<List<K>> of(List<K> keys) {
        List<List<K>> chunks = new ArrayList<>();
        for (int from = 0; from < keys.size(); from += LARGEST) {
            List<K> some = keys.subList(from, Math.min(keys.size(), from + LARGEST));
            int size = padded(some.size());
            if (size > some.size()) {
                List<K> more = new ArrayList<>(size);
                more.addAll(some);
                while (more.size() < size) {
                    more.add(some.get(some.size() - 1));
                }
                some = more;
            }
            chunks.add(some);
        }
        return chunks;
    }

    static int padded(int size) {
        if (size > LARGEST_POWER) {
            return LARGEST;
        }
        return size == 1 ? 1 : Integer.highestOneBit(size - 1) << 1;
    }
}
