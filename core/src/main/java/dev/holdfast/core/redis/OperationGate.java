package dev.holdfast.core.redis;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
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
    private final LongAdder succeeded = new LongAdder();
    private final LongAdder nanos = new LongAdder();
    private final LongAdder[] failed = new LongAdder[Failures.Kind.values().length];

    OperationGate(LinkSettings.Breaker settings, Consumer<String> onOpen) {
        for (int i = 0; i < failed.length; i++) {
            failed[i] = new LongAdder();
        }
        breaker = CircuitBreaker.of(
                "redis",
                CircuitBreakerConfig.custom()
                        .slidingWindowType(CircuitBreakerConfig.SlidingWindowType.COUNT_BASED)
                        .slidingWindowSize(settings.window())
                        .minimumNumberOfCalls(settings.minimumCalls())
                        .failureRateThreshold(settings.failureRate())
                        .waitDurationInOpenState(Duration.ofDays(365))
                        .build());
        breaker.getEventPublisher().onStateTransition(event -> {
            if (event.getStateTransition().getToState() == CircuitBreaker.State.OPEN) {
                CircuitBreaker.Metrics m = breaker.getMetrics();
                onOpen.accept(m.getNumberOfFailedCalls() + " of the last " + m.getNumberOfBufferedCalls()
                        + " operations timed out");
            }
        });
    }

    boolean tryPass() {
        return breaker.tryAcquirePermission();
    }

    /** Starts afresh, with a new connection. */
    void reset() {
        breaker.reset();
    }

    /** An operation succeeded; {@code current} unless the connection was replaced meanwhile. */
    void succeeded(long tookNanos, boolean current) {
        succeeded.increment();
        nanos.add(tookNanos);
        if (current) {
            breaker.onSuccess(tookNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** An operation failed. */
    void failed(Failures.Kind kind, long tookNanos, @Nullable Throwable failure, boolean current) {
        failed[kind.ordinal()].increment();
        if (!current) {
            return;
        }
        if (kind == Failures.Kind.TIMEOUT) {
            breaker.onError(tookNanos, TimeUnit.NANOSECONDS, failure);
        } else if (kind == Failures.Kind.ERROR) {
            breaker.onSuccess(tookNanos, TimeUnit.NANOSECONDS);
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
        return failed[kind.ordinal()].sum();
    }
}
