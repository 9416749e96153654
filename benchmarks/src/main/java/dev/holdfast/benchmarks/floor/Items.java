package dev.holdfast.benchmarks.floor;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * The data of the cache benchmarks: {@value #COUNT} items and an endless sequence of look-ups. The same in every run.
 *
 * <p>So many are more than half of the {@value #MAXIMUM_SIZE} that the caches may hold. Below half, a Caffeine cache does
 * not yet keep account of who reads what, and is several times faster than one in service.
 */
public final class Items {

    /** How many items there are. */
    public static final int COUNT = 8192;

    /** How many entries the caches may hold. */
    public static final int MAXIMUM_SIZE = 10_000;

    private static final int LOOKUPS = 1 << 16;
    private static final long FIRST_KEY = 100_000;
    private static final String WORDS =
            "sturdy weatherproof jacket with taped seams two chest pockets and a hood that folds into the collar ";

    private final Item[] items = new Item[COUNT];
    private final Long[] lookups = new Long[LOOKUPS];

    /** Makes them up. */
    public Items() {
        Random random = new Random(20260101);
        Long[] keys = new Long[COUNT];
        for (int i = 0; i < COUNT; i++) {
            keys[i] = FIRST_KEY + i;
            items[i] = new Item(
                    keys[i],
                    "Jacket No. " + (1_000_000 + random.nextInt(9_000_000)),
                    "brand-" + (1000 + random.nextInt(9000)),
                    100 + random.nextInt(100_000),
                    WORDS.substring(random.nextInt(8)));
        }
        for (int i = 0; i < LOOKUPS; i++) {
            lookups[i] = keys[random.nextInt(COUNT)];
        }
    }

    /**
     * The item of a key, as a source would return it; always the same object.
     *
     * @param key of an item
     */
    public Item item(long key) {
        return items[Math.toIntExact(key - FIRST_KEY)];
    }

    /** The key of the n-th item, as an object of its own: callers seldom hold the very key that the cache holds. */
    public Long key(long n) {
        return FIRST_KEY + n % COUNT;
    }

    /**
     * The keys of the n-th row, when all items are read in rows, over and over.
     *
     * @param n number of the row
     * @param size keys per row
     */
    public List<Long> row(long n, int size) {
        List<Long> row = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            row.add(key(n * size + i));
        }
        return row;
    }

    /** A digest that goes on from another one, cheap enough to be taken while time is taken. */
    public static long digest(long before, Item item) {
        return before * 31 + (item == null ? 7 : item.id() * 17 + item.cents());
    }

    /** The key of the n-th look-up of a sequence in which every item is equally likely. */
    public Long lookup(long n) {
        return lookups[(int) n & (LOOKUPS - 1)];
    }
}
