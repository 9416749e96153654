package dev.holdfast.cache.call;

import dev.holdfast.cache.TieredCache;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a method of a service means. */
sealed interface MethodPlan {

    /** A method that has nothing to do with a cache. */
    record Direct() implements MethodPlan {}

    /** How a result is kept: as it is, the content of an {@code Optional}, or what a future yields. */
    enum Shape {
        VALUE,
        OPTIONAL,
        FUTURE
    }

    /**
     * A method whose results are cached.
     *
     * @param type what a value must be an instance of
     */
    record Result(TieredCache<Object, Object> cache, KeyParts parts, Shape shape, Class<?> type)
            implements MethodPlan {}

    /** A method that changes what caches hold. */
    record Change(List<Invalidation> invalidations) implements MethodPlan {}

    /** One of the caches, and what of it: everything, tags, or else a key. */
    record Invalidation(TieredCache<Object, Object> cache, KeyParts parts, Set<String> tags, boolean everything) {}

    /**
     * Which parameters form the key: one is the key itself, several or none are hashed under the cache's name.
     *
     * @param indexes of the parameters
     * @param types of these parameters, boxed
     */
    record KeyParts(String cache, List<Integer> indexes, List<Class<?>> types) {
        /** The key, or null if there is none, since the only parameter is null. */
        @Nullable
        Object key(@Nullable Object[] arguments) {
            if (indexes.size() == 1) {
                return arguments[indexes.get(0)];
            }
            @Nullable Object[] parts = new Object[indexes.size()];
            for (int i = 0; i < parts.length; i++) {
                parts[i] = arguments[indexes.get(i)];
            }
            return hash(cache, parts);
        }

        /** The key that several arguments form in a cache. */
        static String hash(String cache, @Nullable Object... parts) {
            KeyHash hash = KeyHash.of(cache);
            for (int i = 0; i < parts.length; i++) {
                hash = hash.with("argument " + i, parts[i]);
            }
            return hash.text();
        }

        /** Whether two methods name an entry in the same way. */
        boolean matches(KeyParts other) {
            if (types.size() != other.types.size()) {
                return false;
            }
            for (int i = 0; i < types.size(); i++) {
                Class<?> one = types.get(i);
                Class<?> two = other.types.get(i);
                // A type parameter is erased in one of them perhaps.
                if (!one.isAssignableFrom(two) && !two.isAssignableFrom(one)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public String toString() {
            return types.stream().map(Class::getSimpleName).toList().toString();
        }
    }
}
