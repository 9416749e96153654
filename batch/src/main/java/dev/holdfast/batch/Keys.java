package dev.holdfast.batch;

import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one batch, as a batch function sees them: immutable, in the order in which they were asked for.
 *
 * <p>They are distinct by construction, so nothing is hashed before somebody asks {@code contains}.
 */
final class Keys<K> extends AbstractSet<K> {
    private static final int SHOWN = 5;
    private static final int SHOWN_LENGTH = 80;

    private final Object[] keys;
    private @Nullable Set<Object> index;

    /** Takes the array over; its elements are distinct. */
    Keys(Object[] keys) {
        this.keys = keys;
    }

    @Override
    @SuppressWarnings("unchecked") // the keys of a lane were admitted by its loader
    public Iterator<K> iterator() {
        return (Iterator<K>) Arrays.asList(keys).iterator();
    }

    @Override
    public int size() {
        return keys.length;
    }

    @Override
    public boolean contains(Object key) {
        if (index == null) {
            index = new HashSet<>(Arrays.asList(keys));
        }
        return index.contains(key);
    }

    @Override
    public Object[] toArray() {
        return Arrays.copyOf(keys, keys.length, Object[].class);
    }

    /** A key as an error message shows it. */
    static String show(@Nullable Object key) {
        String text = String.valueOf(key);
        return text.length() <= SHOWN_LENGTH ? text : text.substring(0, SHOWN_LENGTH) + "…";
    }

    /** The first few keys, for an error message. */
    static String sample(Collection<? extends @Nullable Object> keys) {
        StringBuilder text = new StringBuilder("[");
        int shown = 0;
        for (Object key : keys) {
            if (shown == SHOWN) {
                text.append(", … ").append(keys.size() - SHOWN).append(" more");
                break;
            }
            text.append(shown++ == 0 ? "" : ", ").append(show(key));
        }
        return text.append(']').toString();
    }
}
