package dev.holdfast.cache.tx;

import dev.holdfast.cache.TieredCache;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Stands for a cache of which only the calls matter that invalidate; keeps them as text. */
final class RecordingCache {
    final List<String> calls = new ArrayList<>();
    private RuntimeException failure;

    @SuppressWarnings("unchecked") // The proxy never looks at its keys and values.
    final TieredCache<Long, String> cache = (TieredCache<Long, String>) Proxy.newProxyInstance(
            RecordingCache.class.getClassLoader(), new Class<?>[] {TieredCache.class}, (proxy, method, args) -> {
                String called = method.getName();
                if (called.equals("equals")) {
                    return proxy == args[0];
                }
                if (called.equals("hashCode")) {
                    return 1;
                }
                calls.add(called.equals("clear") ? called : called + " " + Objects.requireNonNull(args[0]));
                if (failure != null) {
                    throw failure;
                }
                return null;
            });

    void failWith(RuntimeException exception) {
        failure = exception;
    }
}
