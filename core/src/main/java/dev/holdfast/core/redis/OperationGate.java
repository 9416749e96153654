package dev.holdfast.core.redis;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets operations through, counts what became of them, and judges by their timeouts when the server is frozen.
 *
 * <p>The circuit breaker opens on timeouts only: an error reply shows a live server, and a broken connection is known
 * without statistics. It never goes half-open, since callers do not pay for probing: the link resets it when it is sure of
 * the server again. Thread-safe.
 */
final class OperationGate {
    private final CircuitBreaker breaker;
    /** No listener of Resilience4j: having one makes it build an event for every operation. */
    private final Consumer<String> onOpen;

    private final int window;
    private final AtomicBoolean opened = new AtomicBoolean();
    private volatile int successesOfInterest;
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final Map<Failures.Kind, LongAdder> failed = new EnumMap<>(Failures.Kind.class);

    OperationGate(String name, LinkSettings.Breaker settings, Consumer<String> onOpen) {
        this.onOpen = onOpen;
        this.window = settings.window();
        for (Failures.Kind kind : Failures.Kind.values()) {
            failed.put(kind, new LongAdder());
        }
        breaker = CircuitBreaker.of(
                name,
                CircuitBreakerConfig.custom()
                        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(settings.window())
                        .minimumNumberOfCalls(settings.minimumCalls())
                        .failureRateThreshold(settings.failureRate())
                        .waitDurationInOpenState(Duration.ofDays(365))
                        .build());
    }

    boolean tryPass() {
        return breaker.tryAcquirePermission();
    }

    /** Starts afresh. */
    void reset() {
        // In this order an opening in between is told once too often rather than never.
        opened.set(false);
        breaker.reset();
    }

    /** An operation succeeded; {@code current} unless the connection was replaced meanwhile. */
    void succeeded(long tookNanos, boolean current) {
        succeeded.increment();
        nanos.add(tookNanos);
        answered(tookNanos, current);
    }

    /** An operation failed. */
    void failed(Failures.Kind kind, long tookNanos, @Nullable Throwable failure, boolean current) {
        counter(kind).increment();
        if (kind == Failures.Kind.ERROR) {
            answered(tookNanos, current);
        } else if (kind == Failures.Kind.TIMEOUT && current) {
            successesOfInterest = window;
            breaker.onError(tookNanos, TimeUnit.NANOSECONDS, failure == null ? new RedisTimeoutException("") : failure);
            tellIfOpen();
        }
    }

    private void tellIfOpen() {
        if (breaker.getState() == CircuitBreaker.State.OPEN && opened.compareAndSet(false, true)) {
            CircuitBreaker.Metrics m = breaker.getMetrics();
            onOpen.accept(m.getNumberOfFailedCalls() + " of the last " + m.getNumberOfBufferedCalls()
                    + " operations timed out");
        }
    }

    /**
     * Successes count only against timeouts: while the window has none, recording them would change nothing but the cost
     * of every operation. The count-down may lose a step to a race, which shows the breaker one success more.
     */
    private void answered(long tookNanos, boolean current) {
        int left = successesOfInterest;
        if (left > 0 && current) {
            successesOfInterest = left - 1;
            breaker.onSuccess(tookNanos, TimeUnit.NANOSECONDS);
            tellIfOpen(); // A success may be the call that the breaker had waited for to judge the timeouts before it.
        }
    }

    CircuitBreaker breaker() {
        return breaker;
    }

    long succeeded() {
        return succeeded.sum();
    }

    long succeededNanos() {
        return nanos.sum();
    }

    long failed(Failures.Kind kind) {
        return counter(kind).sum();
    }

    private LongAdder counter(Failures.Kind kind) {
        return Objects.requireNonNull(failed.get(kind));
    }
}
