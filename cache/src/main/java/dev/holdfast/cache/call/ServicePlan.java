package dev.holdfast.cache.call;

import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.call.MethodPlan.Invalidation;
import dev.holdfast.cache.call.MethodPlan.KeyParts;
import dev.holdfast.cache.call.MethodPlan.Shape;
import dev.holdfast.core.Problems;
import java.lang.annotation.Annotation;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Reads the annotations of an interface into plans, and finds everything that cannot work; for one thread. */
final class ServicePlan {
    private final Class<?> service;
    private final Problems problems;
    private final Map<String, TieredCache<Object, Object>> caches = new HashMap<>();
    private final Map<Method, Step> steps = new HashMap<>();
    private final Map<String, Method> readers = new HashMap<>();
    private final Map<String, KeyParts> keys = new HashMap<>();

    /**
     * How to answer a call.
     *
     * @param method the same method as the key it is found by, but one that may be called: that is a property of the object
     */
    record Step(Method method, MethodPlan plan) {}

    private ServicePlan(Class<?> service) {
        this.service = service;
        this.problems = Problems.of("Cached " + service.getName());
    }

    /**
     * What to do for each method.
     *
     * @throws dev.holdfast.core.ConfigurationException with everything that cannot work
     */
    static Map<Method, Step> of(Class<?> service, List<TieredCache<?, ?>> caches) {
        ServicePlan plan = new ServicePlan(service);
        caches.forEach(plan::add);
        if (!service.isInterface() || service.isSealed() || service.isAnnotation()) {
            plan.problem(
                    "cached.type",
                    service.getSimpleName(),
                    "is not an interface that a proxy can implement",
                    "wrap an interface that is not sealed");
        } else {
            // In a fixed order, so that the same mistakes are reported in the same words.
            Arrays.stream(service.getMethods())
                    .filter(method -> !Modifier.isStatic(method.getModifiers()))
                    .sorted(Comparator.comparing(Method::toString))
                    .forEach(plan::read);
        }
        plan.problems.orThrow();
        return Map.copyOf(plan.steps);
    }

    @SuppressWarnings(
            "unchecked") // A cache of other keys or values is found out by its key codec, and by the type of a value.
    private void add(TieredCache<?, ?> cache) {
        if (caches.put(cache.name(), (TieredCache<Object, Object>) cache) != null) {
            problem("cached.caches", cache.name(), "names two of the caches", "give each cache a name of its own");
        }
    }

    private void read(Method method) {
        if (!method.trySetAccessible()) {
            problem(
                    "cached.access",
                    text(method),
                    "cannot be called from here",
                    "make the interface public and export its package, or open it to module dev.holdfast.cache");
        }
        CacheResult result = method.getAnnotation(CacheResult.class);
        CacheInvalidate[] invalidations = method.getAnnotationsByType(CacheInvalidate.class);
        if (result != null && invalidations.length > 0) {
            problem(
                    "cached.both",
                    text(method),
                    "both reads from a cache and invalidates, but runs only when the cache has nothing",
                    "split it into two methods");
        } else if (result != null) {
            readResult(method, result);
        } else if (invalidations.length > 0) {
            readChange(method, invalidations);
        } else if (!keyIndexes(method).isEmpty()) {
            problem(
                    "cached.key",
                    text(method),
                    "has a @CacheKey, but no cache",
                    "annotate it with @CacheResult or @CacheInvalidate");
        } else {
            steps.put(method, new Step(method, new MethodPlan.Direct()));
        }
    }

    private void readResult(Method method, CacheResult annotation) {
        TieredCache<Object, Object> cache = cache(method, annotation.value());
        Shape shape = shape(method);
        if (cache == null || shape == null) {
            return;
        }
        // The compiler repeats annotations on the bridge methods it adds; these mean the same method.
        Method reader = method.isBridge() ? null : readers.putIfAbsent(annotation.value(), method);
        if (reader != null) {
            problem(
                    "cached.shared",
                    text(method),
                    "shares cache '" + annotation.value() + "' with " + text(reader)
                            + ", so that one would answer for the other",
                    "give each method a cache of its own");
        }
        KeyParts parts = parts(method, annotation.value());
        steps.put(method, new Step(method, new MethodPlan.Result(cache, parts, shape, valueType(method, shape))));
    }

    private void readChange(Method method, CacheInvalidate[] annotations) {
        Class<?> type = method.getReturnType();
        if ((Future.class.isAssignableFrom(type) && type != CompletableFuture.class) || published(type)) {
            problem(
                    "cached.change",
                    text(method),
                    "returns " + type.getSimpleName() + ", of which nobody here learns when the change is done",
                    "return CompletableFuture or CompletionStage, or invalidate by hand");
        }
        List<Invalidation> invalidations = new ArrayList<>();
        for (CacheInvalidate annotation : annotations) {
            TieredCache<Object, Object> cache = cache(method, annotation.value());
            if (cache == null) {
                continue;
            }
            Set<String> tags = Set.copyOf(Arrays.asList(annotation.tags()));
            KeyParts parts = annotation.everything() || !tags.isEmpty()
                    ? new KeyParts(annotation.value(), List.of(), List.of())
                    : parts(method, annotation.value());
            invalidations.add(new Invalidation(cache, parts, tags, annotation.everything()));
        }
        steps.put(method, new Step(method, new MethodPlan.Change(List.copyOf(invalidations))));
    }

    private @Nullable TieredCache<Object, Object> cache(Method method, String name) {
        TieredCache<Object, Object> cache = caches.get(name);
        if (cache == null) {
            problem(
                    "cached.cache",
                    text(method),
                    "names the cache '" + name + "', which is not among those given: " + caches.keySet(),
                    "pass the cache to Cached.wrap, or correct the name");
        }
        return cache;
    }

    private @Nullable Shape shape(Method method) {
        Class<?> type = method.getReturnType();
        if (type == Optional.class) {
            return Shape.OPTIONAL;
        }
        if (type == CompletableFuture.class || type == CompletionStage.class) {
            return Shape.FUTURE;
        }
        String reason = null;
        if (type == void.class) {
            reason = "returns nothing that could be cached";
        } else if (CompletionStage.class.isAssignableFrom(type) || Future.class.isAssignableFrom(type)) {
            reason = "returns " + type.getSimpleName() + ", which cannot be made from a cached value";
        } else if (AutoCloseable.class.isAssignableFrom(type)
                || Iterator.class.isAssignableFrom(type)
                || published(type)) {
            reason = "returns " + type.getSimpleName() + ", which can be read only once";
        }
        if (reason == null) {
            return Shape.VALUE;
        }
        problem(
                "cached.result",
                text(method),
                reason,
                "return a value, an Optional, a CompletableFuture or a CompletionStage");
        return null;
    }

    /** By name, since the other kind of publisher is not on everybody's path. */
    private static boolean published(@Nullable Class<?> type) {
        if (type == null) {
            return false;
        }
        if (type == Flow.Publisher.class || type.getName().equals("org.reactivestreams.Publisher")) {
            return true;
        }
        return Arrays.stream(type.getInterfaces()).anyMatch(ServicePlan::published) || published(type.getSuperclass());
    }

    /** What a value must be, as far as the declaration tells. */
    private static Class<?> valueType(Method method, Shape shape) {
        if (shape == Shape.VALUE) {
            return MethodType.methodType(method.getReturnType()).wrap().returnType();
        }
        if (method.getGenericReturnType() instanceof ParameterizedType declared) {
            Type content = declared.getActualTypeArguments()[0];
            if (content instanceof Class<?> type) {
                return type;
            }
            if (content instanceof ParameterizedType generic && generic.getRawType() instanceof Class<?> type) {
                return type;
            }
        }
        return Object.class;
    }

    private KeyParts parts(Method method, String cache) {
        List<Integer> indexes = keyIndexes(method);
        if (indexes.isEmpty()) {
            for (int i = 0; i < method.getParameterCount(); i++) {
                indexes.add(i);
            }
        }
        List<Class<?>> types = new ArrayList<>();
        for (int index : indexes) {
            types.add(MethodType.methodType(method.getParameterTypes()[index])
                    .wrap()
                    .returnType());
        }
        KeyParts parts = new KeyParts(cache, List.copyOf(indexes), List.copyOf(types));
        KeyParts known = keys.putIfAbsent(cache, parts);
        if (known != null && !known.matches(parts)) {
            problem(
                    "cached.key",
                    text(method),
                    "forms keys of cache '" + cache + "' from " + parts + ", another method from " + known
                            + ", so that they never meet",
                    "mark the same parameters with @CacheKey, of the same types and in the same order");
        }
        return parts;
    }

    private static List<Integer> keyIndexes(Method method) {
        List<Integer> indexes = new ArrayList<>();
        Annotation[][] annotations = method.getParameterAnnotations();
        for (int i = 0; i < annotations.length; i++) {
            if (Arrays.stream(annotations[i]).anyMatch(CacheKey.class::isInstance)) {
                indexes.add(i);
            }
        }
        return indexes;
    }

    private String text(Method method) {
        return service.getSimpleName() + "." + method.getName();
    }

    private void problem(String code, String property, String message, String remedy) {
        problems.require(false, code, property, "", message, remedy);
    }
}
