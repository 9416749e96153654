package dev.holdfast.batch.source;

import java.math.BigDecimal;
import java.text.CollationKey;
import java.text.Collator;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Gives rows to the keys that were asked for, by the database's idea of equality where Java's differs: numbers of another
 * scale, and text under a collation that ignores case, accents or trailing spaces.
 *
 * <p>A row whose key is not among those asked for was still found by one of them. If only one of them looks like it, it is that
 * one; if several do, the database is asked again, for each of them alone. So a key never ends up without a row that the database
 * has for it.
 *
 * @param <K> the key type
 * @param <R> the type of a row
 */
public final class KeyedRows<K, R> {
    /**
     * A row and its key as the database has it.
     *
     * @param key the key, not null
     * @param row the row
     * @param <K> the key type
     * @param <R> the type of a row
     */
    public record Keyed<K, R>(K key, R row) {}

    /**
     * Asks the database.
     *
     * @param <K> the key type
     * @param <R> the type of a row
     */
    @FunctionalInterface
    public interface Query<K, R> {
        /**
         * Reads the rows of keys.
         *
         * @param keys distinct, at least one
         * @return the rows in the order in which the database returned them
         * @throws Exception whatever the database throws
         */
        List<Keyed<K, R>> rows(List<K> keys) throws Exception;
    }

    private final Query<K, R> query;
    private final Map<K, List<R>> found = new LinkedHashMap<>();

    private KeyedRows(Query<K, R> query) {
        this.query = query;
    }

    /**
     * Reads the rows of keys.
     *
     * @param keys what was asked for
     * @param query asks the database
     * @param <K> the key type
     * @param <R> the type of a row
     * @return the rows of each key that has any; a key that nobody asked for if the database returned one that looks like none
     * @throws Exception whatever the query throws
     */
    public static <K, R> Map<K, List<R>> read(Collection<K> keys, Query<K, R> query) throws Exception {
        KeyedRows<K, R> rows = new KeyedRows<>(query);
        rows.read(new ArrayList<>(keys));
        return rows.found;
    }

    private void read(List<K> keys) throws Exception {
        Map<Object, K> asked = new HashMap<>(keys.size() * 2);
        boolean text = false;
        for (K key : keys) {
            asked.put(canonical(key), key);
            text |= key instanceof CharSequence;
        }
        List<Keyed<K, R>> rows = query.rows(keys);
        boolean exact = !text || !lookAlike(keys);
        for (Keyed<K, R> row : rows) {
            exact &= asked.containsKey(canonical(row.key));
        }
        if (exact || !text) {
            for (Keyed<K, R> row : rows) {
                K key = asked.get(canonical(row.key));
                add(key == null ? row.key : key, row.row);
            }
        } else {
            matchText(keys, rows);
        }
    }

    private static Object canonical(Object key) {
        return key instanceof BigDecimal number ? number.stripTrailingZeros() : key;
    }

    /** Whether two of the keys, or one and a row that it may have found, could be equal for a database. */
    private static boolean lookAlike(List<?> keys) {
        Map<String, Object> seen = new HashMap<>(keys.size() * 2);
        for (Object key : keys) {
            String text = key.toString();
            if (seen.put(fold(text), key) != null) {
                return true;
            }
        }
        return false;
    }

    private static String fold(String text) {
        String folded = text.toLowerCase(Locale.ROOT).stripTrailing();
        for (int i = 0; i < folded.length(); i++) {
            if (folded.charAt(i) > 127) {
                return ""; // accents: leave it to the collator
            }
        }
        return folded;
    }

    private void matchText(List<K> keys, List<Keyed<K, R>> rows) throws Exception {
        Collator collator = Collator.getInstance(Locale.ROOT);
        collator.setStrength(Collator.PRIMARY);
        collator.setDecomposition(Collator.FULL_DECOMPOSITION);
        Map<CollationKey, List<K>> asked = new LinkedHashMap<>();
        for (K key : keys) {
            asked.computeIfAbsent(look(collator, key), look -> new ArrayList<>())
                    .add(key);
        }
        Map<CollationKey, List<Keyed<K, R>>> groups = new LinkedHashMap<>();
        for (Keyed<K, R> row : rows) {
            groups.computeIfAbsent(look(collator, row.key), look -> new ArrayList<>())
                    .add(row);
        }
        for (Map.Entry<CollationKey, List<Keyed<K, R>>> group : groups.entrySet()) {
            List<K> candidates = asked.getOrDefault(group.getKey(), List.of());
            if (candidates.size() == 1) {
                group.getValue().forEach(row -> add(candidates.get(0), row.row));
            } else if (candidates.isEmpty()) {
                group.getValue().forEach(row -> add(row.key, row.row));
            } else {
                for (K candidate : candidates) {
                    query.rows(List.of(candidate)).forEach(row -> add(candidate, row.row));
                }
            }
        }
    }

    private static CollationKey look(Collator collator, Object key) {
        return collator.getCollationKey(key.toString().stripTrailing());
    }

    private void add(K key, R row) {
        found.computeIfAbsent(key, k -> new ArrayList<>(1)).add(row);
    }
}
