package dev.holdfast.cache;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Text of the key types that have an obvious one.
 *
 * <p>The type is pinned by the first key, since {@code 1L} and {@code "1"} have the same text: two types in one cache
 * would answer for each other. A node that has not seen a key yet cannot decode, and need not: it holds none.
 */
final class NaturalKeyCodec<K> implements KeyCodec<K> {
    private record Pinned(Class<?> type, Function<String, Object> parser) {}

    private final AtomicReference<@Nullable Pinned> pinned = new AtomicReference<>();

    @Override
    public String encode(K key) {
        Class<?> type = key instanceof Enum<?> constant ? constant.getDeclaringClass() : key.getClass();
        Pinned known = pinned.get();
        if (known == null) {
            pinned.compareAndSet(null, new Pinned(type, parser(type)));
            known = pinned.get();
        }
        if (known == null || known.type() != type) {
            throw new IllegalArgumentException("key of " + type.getName() + " in a cache of "
                    + (known == null ? "nothing" : known.type().getName())
                    + " keys: use one key type per cache, or set keyCodec(...)");
        }
        return key instanceof Enum<?> constant ? constant.name() : key.toString();
    }

    @Override
    @SuppressWarnings("unchecked") // The parser belongs to the type that encode() pinned, which is K.
    public K decode(String text) {
        Pinned known = pinned.get();
        if (known == null) {
            throw new IllegalStateException("no key was encoded yet, so the key type is unknown");
        }
        return (K) known.parser().apply(text);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // An enum's class is only known at run time.
    private static Function<String, Object> parser(Class<?> type) {
        if (type == String.class) {
            return text -> text;
        }
        if (type == Long.class) {
            return Long::valueOf;
        }
        if (type == Integer.class) {
            return Integer::valueOf;
        }
        if (type == UUID.class) {
            return UUID::fromString;
        }
        if (type.isEnum()) {
            return text -> Enum.valueOf((Class<? extends Enum>) type, text);
        }
        throw new IllegalArgumentException("keys of " + type.getName()
                + " have no natural text: set keyCodec(...), or use String, Long, Integer, UUID or an enum");
    }
}
