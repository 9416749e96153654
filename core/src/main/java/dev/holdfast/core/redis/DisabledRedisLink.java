package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.health.Reading;
import dev.holdfast.core.health.Status;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The link to no Redis: stateless, owns nothing, refuses everything. */
final class DisabledRedisLink implements RedisLink {
    static final RedisLink INSTANCE = new DisabledRedisLink();

    private DisabledRedisLink() {}

    @Override
    public RedisMode mode() {
        return RedisMode.DISABLED;
    }

    @Override
    public LinkState state() {
        return LinkState.DISABLED;
    }

    @Override
    public long generation() {
        return 0;
    }

    @Override
    public Optional<Problem> refusal() {
        return Optional.empty();
    }

    @Override
    public Duration commandTimeout() {
        return LinkSettings.COMMAND_TIMEOUT;
    }

    @Override
    public boolean awaitUp(Duration timeout) {
        return false;
    }

    @Override
    public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
        throw refused();
    }

    @Override
    public <T> CompletableFuture<T> callAsync(Duration deadline, RedisOperation<T> operation) {
        return CompletableFuture.failedFuture(refused());
    }

    @Override
    public List<RedisPrimary> primaries() {
        return List.of();
    }

    @Override
    public Registration subscribe(byte[] channel, SubscriptionListener listener) {
        return () -> {};
    }

    @Override
    public Registration addListener(LinkListener listener) {
        return () -> {};
    }

    @Override
    public HealthProbe healthProbe() {
        return new HealthProbe() {
            @Override
            public String name() {
                return "redis";
            }

            @Override
            public Reading check() {
                return Reading.of(Status.UP, "disabled on purpose").with("mode", RedisMode.DISABLED.name());
            }
        };
    }

    @Override
    public MeterBinder metrics() {
        return registry -> {};
    }

    @Override
    public void close() {
        // Owns nothing.
    }

    @Override
    public String toString() {
        return "RedisLink[disabled]";
    }

    private static RedisUnavailableException refused() {
        return new RedisUnavailableException("Redis is disabled: this node works alone", null);
    }
}
