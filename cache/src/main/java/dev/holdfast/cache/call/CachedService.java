package dev.holdfast.cache.call;

import dev.holdfast.cache.CacheLoadException;
import dev.holdfast.cache.TieredCache;
import dev.holdfast.cache.call.MethodPlan.Change;
import dev.holdfast.cache.call.MethodPlan.Invalidation;
import dev.holdfast.cache.call.MethodPlan.Result;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Carries out the plans of one service; immutable. */
final class CachedService implements InvocationHandler {
    private static final Object[] NO_ARGUMENTS = {};

    private final Class<?> type;
    private final Object implementation;
    private final Map<Method, ServicePlan.Step> steps;

    CachedService(Class<?> type, Object implementation, Map<Method, ServicePlan.Step> steps) {
        this.type = type;
        this.implementation = implementation;
        this.steps = steps;
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] arguments)
            throws Throwable {
        @Nullable Object[] present = arguments == null ? NO_ARGUMENTS : arguments;
        if (method.getDeclaringClass() == Object.class) {
            return object(method, present);
        }
        ServicePlan.Step step = Objects.requireNonNull(steps.get(method), "a method the interface does not have");
        if (step.plan() instanceof Result result) {
            return result(result, step.method(), present);
        }
        if (step.plan() instanceof Change change) {
            return change(change, step.method(), present);
        }
        return call(step.method(), present);
    }

    /** The methods of {@link Object} that a proxy hands over: equals, hashCode and toString. */
    private @Nullable Object object(Method method, @Nullable Object[] arguments) {
        if (method.getName().equals("equals")) {
            Object other = arguments[0];
            return other != null
                    && Proxy.isProxyClass(other.getClass())
                    && Proxy.getInvocationHandler(other) instanceof CachedService that
                    && type == that.type
                    && implementation.equals(that.implementation);
        }
        return method.getName().equals("hashCode")
                ? (Object) implementation.hashCode()
                : "Cached[" + type.getSimpleName() + ", " + implementation + "]";
    }

    private @Nullable Object call(Method method, @Nullable Object[] arguments) throws Throwable {
        try {
            return method.invoke(implementation, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    private @Nullable Object result(Result plan, Method method, @Nullable Object[] arguments) throws Throwable {
        Object key = plan.parts().key(arguments);
        if (key == null) {
            return call(method, arguments); // What null means is the implementation's to say.
        }
        if (plan.shape() == MethodPlan.Shape.FUTURE) {
            return later(plan, key, method, arguments);
        }
        Object value;
        try {
            value = plan.cache().get(key, missing -> load(plan, method, arguments));
        } catch (CacheLoadException e) {
            throw Thrown.original(e);
        }
        checked(plan, method, value);
        return plan.shape() == MethodPlan.Shape.OPTIONAL ? Optional.ofNullable(value) : value;
    }

    private @Nullable Object load(Result plan, Method method, @Nullable Object[] arguments) throws Thrown {
        try {
            Object value = call(method, arguments);
            return value instanceof Optional<?> content && plan.shape() == MethodPlan.Shape.OPTIONAL
                    ? content.orElse(null)
                    : value;
        } catch (Throwable failure) {
            throw new Thrown(failure);
        }
    }

    private CompletableFuture<@Nullable Object> later(
            Result plan, Object key, Method method, @Nullable Object[] arguments) {
        CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
        var unused = plan.cache()
                .async()
                .get(key, missing -> stage(method, arguments))
                .whenComplete((value, failure) -> {
                    try {
                        if (failure != null) {
                            throw Thrown.original(failure);
                        }
                        checked(plan, method, value);
                        result.complete(value);
                    } catch (Throwable told) {
                        result.completeExceptionally(told);
                    }
                });
        return result;
    }

    /** What the implementation has begun, with its failure marked as its own. */
    private CompletionStage<@Nullable Object> stage(Method method, @Nullable Object[] arguments) throws Thrown {
        CompletionStage<?> begun;
        try {
            begun = (CompletionStage<?>) call(method, arguments);
        } catch (Throwable failure) {
            throw new Thrown(failure);
        }
        if (begun == null) {
            throw new Thrown(new NullPointerException(
                    text(method) + " returned null in place of a stage: complete one with null for nothing found"));
        }
        CompletableFuture<@Nullable Object> marked = new CompletableFuture<>();
        begun.whenComplete((value, failure) -> {
            if (failure == null) {
                marked.complete(value);
            } else {
                marked.completeExceptionally(new Thrown(unwrapped(failure)));
            }
        });
        return marked;
    }

    private static Throwable unwrapped(Throwable failure) {
        return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
    }

    private void checked(Result plan, Method method, @Nullable Object value) {
        if (value != null && !plan.type().isInstance(value)) {
            throw new ClassCastException("cache '" + plan.cache().name() + "' holds a "
                    + value.getClass().getName() + " for " + text(method) + ", which gives "
                    + plan.type().getName() + ": let no other method or service use this cache");
        }
    }

    private @Nullable Object change(Change plan, Method method, @Nullable Object[] arguments) throws Throwable {
        Object returned;
        try {
            returned = call(method, arguments);
        } catch (Throwable failure) {
            // It may have committed before it failed.
            try {
                plan.invalidations().forEach(invalidation -> invalidate(invalidation, arguments));
            } catch (RuntimeException e) {
                failure.addSuppressed(e);
            }
            throw failure;
        }
        if (returned instanceof CompletionStage<?> stage) {
            return whenDone(stage, plan, arguments);
        }
        plan.invalidations().forEach(invalidation -> invalidate(invalidation, arguments));
        return returned;
    }

    private static void invalidate(Invalidation plan, @Nullable Object[] arguments) {
        TieredCache<Object, Object> cache = plan.cache();
        if (plan.everything()) {
            cache.clear();
        } else if (!plan.tags().isEmpty()) {
            cache.invalidateTags(plan.tags());
        } else {
            Object key = plan.parts().key(arguments);
            if (key != null) {
                cache.invalidate(key);
            }
        }
    }

    /** The same future, but not done before the caches know. */
    private static CompletableFuture<@Nullable Object> whenDone(
            CompletionStage<?> stage, Change plan, @Nullable Object[] arguments) {
        CompletableFuture<@Nullable Object> result = new CompletableFuture<>();
        stage.whenComplete((value, failure) -> {
            List<CompletableFuture<Void>> announced = new ArrayList<>();
            plan.invalidations().forEach(invalidation -> announced.add(invalidateAsync(invalidation, arguments)));
            var unused = CompletableFuture.allOf(announced.toArray(CompletableFuture[]::new))
                    .whenComplete((done, pending) -> {
                        Throwable told = failure == null ? pending : failure;
                        if (told == null) {
                            result.complete(value);
                        } else {
                            if (failure != null && pending != null) {
                                unwrapped(failure).addSuppressed(unwrapped(pending));
                            }
                            result.completeExceptionally(unwrapped(told));
                        }
                    });
        });
        return result;
    }

    private static CompletableFuture<Void> invalidateAsync(Invalidation plan, @Nullable Object[] arguments) {
        try {
            if (plan.everything()) {
                return plan.cache().async().clear();
            }
            if (!plan.tags().isEmpty()) {
                return plan.cache().async().invalidateTags(plan.tags());
            }
            Object key = plan.parts().key(arguments);
            return key == null
                    ? CompletableFuture.allOf()
                    : plan.cache().async().invalidate(key);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private String text(Method method) {
        return type.getSimpleName() + "." + method.getName();
    }
}
