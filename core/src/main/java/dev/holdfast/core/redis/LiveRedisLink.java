package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Threads;
import dev.holdfast.core.health.HealthProbe;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.protocol.AsyncCommand;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A link to real servers: runs operations on whatever {@link Backend} made current.
 *
 * <p>The hot path reads {@code life.status()} once and takes no lock of ours.
 */
final class LiveRedisLink implements RedisLink {
    private final LinkSettings settings;
    private final Connector connector;
    private final LinkThread thread;
    private final LinkLife life;
    private final OperationGate gate;
    private final Backend backend;
    private final SubscriptionHub subscriptions;
    private final ServerWatch watch;
    private final AtomicBoolean closed = new AtomicBoolean();

    private LiveRedisLink(LinkSettings settings) {
        this.settings = settings;
        connector = new Connector(settings);
        thread = new LinkThread();
        life = new LinkLife("Redis " + settings.uri(), new SerialDispatcher("holdfast-redis-events"));
        gate = new OperationGate(settings.name(), settings.breaker(), this::frozen);
        backend = switch (settings.uri().mode()) {
            case CLUSTER -> new ClusterBackend(thread, connector, settings, life, gate);
            case SENTINEL -> single(new SentinelPrimary(thread, connector, settings));
            default ->
                single(PrimarySource.fixed(
                        settings.addressMapper().apply(settings.uri().hosts().get(0))));
        };
        subscriptions = new SubscriptionHub(thread, connector, backend.subscriptionSource(), settings);
        watch = new ServerWatch(this, settings);
    }

    private SingleBackend single(PrimarySource primary) {
        return new SingleBackend(thread, connector, primary, settings, life, gate);
    }

    static LiveRedisLink open(LinkSettings settings) {
        LiveRedisLink link = new LiveRedisLink(settings);
        if (settings.serverCheck()) {
            link.addListener(link.watch);
            link.watchAgain();
        }
        link.backend.start();
        return link;
    }

    /** Replication and memory change while a connection lives, and so may settings. */
    private void watchAgain() {
        thread.later(
                () -> {
                    watch.look();
                    watchAgain();
                },
                settings.serverCheckInterval().toNanos());
    }

    private void frozen(String reason) {
        backend.frozen(reason);
    }

    @Override
    public RedisMode mode() {
        return settings.uri().mode();
    }

    @Override
    public LinkState state() {
        return life.status().state();
    }

    @Override
    public long generation() {
        return life.status().generation();
    }

    @Override
    public Optional<Problem> refusal() {
        return Optional.ofNullable(life.status().refusal());
    }

    @Override
    public Duration commandTimeout() {
        return settings.commandTimeout();
    }

    @Override
    public boolean awaitUp(Duration timeout) {
        return life.awaitUp(nanos(timeout));
    }

    @Override
    public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
        return call(null, deadline, operation);
    }

    private <T> @Nullable T call(@Nullable HostPort primary, Duration deadline, RedisOperation<T> operation) {
        IoThread.refuse();
        long limit = nanos(deadline);
        LinkStatus status = admit(limit, deadline);
        RedisClusterAsyncCommands<byte[], byte[]> commands = primary == null ? status.commands() : commandsOf(primary);
        long start = System.nanoTime();
        CompletableFuture<T> work;
        boolean single;
        int before = CountedCommands.handedOver();
        try {
            CompletionStage<T> stage = send(operation, commands);
            single = isSingle(stage, before);
            work = stage.toCompletableFuture();
        } catch (RuntimeException | Error e) {
            throw thrown(failed(status, start, e, CountedCommands.handedOver() == before));
        }
        try {
            T value = work.get(limit, TimeUnit.NANOSECONDS);
            gate.succeeded(System.nanoTime() - start, life.isCurrent(status));
            return value;
        } catch (TimeoutException e) {
            work.cancel(true);
            throw expired(status, start, deadline);
        } catch (InterruptedException e) {
            work.cancel(true);
            Thread.currentThread().interrupt();
            gate.failed(Failures.Kind.OPERATION, System.nanoTime() - start, e, false);
            throw new RedisException("interrupted while waiting for Redis", true, e);
        } catch (ExecutionException | java.util.concurrent.CancellationException e) {
            throw thrown(failed(status, start, e, single));
        }
    }

    @Override
    public <T> CompletableFuture<T> callAsync(Duration deadline, RedisOperation<T> operation) {
        long limit = nanos(deadline);
        LinkStatus status;
        try {
            status = admit(limit, deadline);
        } catch (RedisUnavailableException e) {
            return CompletableFuture.failedFuture(e);
        }
        long start = System.nanoTime();
        int before = CountedCommands.handedOver();
        try {
            CompletionStage<T> stage = send(operation, status.commands());
            return new Pending<T>(new Books(status, deadline, isSingle(stage, before)), start)
                    .await(stage, connector.timer(), limit);
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(failed(status, start, e, CountedCommands.handedOver() == before));
        }
    }

    private LinkStatus admit(long limit, Duration deadline) {
        LinkStatus status = life.status();
        if (status.commands() == null) {
            gate.failed(Failures.Kind.REJECTED, 0, null, false);
            throw status.unavailable();
        }
        if (limit <= 0) {
            gate.failed(Failures.Kind.REJECTED, 0, null, false);
            throw new RedisUnavailableException("deadline " + deadline + " has passed already: nothing was sent", null);
        }
        if (!gate.tryPass()) {
            gate.failed(Failures.Kind.REJECTED, 0, null, false);
            throw new RedisUnavailableException(
                    "Redis does not answer in time, its circuit breaker is open: nothing was sent", null);
        }
        return status;
    }

    private RedisClusterAsyncCommands<byte[], byte[]> commandsOf(HostPort primary) {
        RedisClusterAsyncCommands<byte[], byte[]> commands = backend.commandsOf(primary);
        if (commands == null) {
            gate.failed(Failures.Kind.REJECTED, 0, null, false);
            throw new RedisUnavailableException("no primary is connected at " + primary + ": nothing was sent", null);
        }
        return commands;
    }

    private static <T> CompletionStage<T> send(
            RedisOperation<T> operation, @Nullable RedisClusterAsyncCommands<byte[], byte[]> commands) {
        CompletionStage<T> stage = operation.send(Objects.requireNonNull(commands));
        return Objects.requireNonNull(stage, "the operation returned null instead of a stage");
    }

    /** Whether the operation is one command so far, which was then either refused or sent as a whole. */
    private static boolean isSingle(CompletionStage<?> stage, int handedOverBefore) {
        return (stage instanceof AsyncCommand || stage instanceof ScriptReply)
                && CountedCommands.handedOver() - handedOverBefore == 1;
    }

    private RedisTimeoutException expired(LinkStatus status, long start, Duration deadline) {
        RedisTimeoutException e = new RedisTimeoutException("Redis did not answer within " + deadline + " (link "
                + life.status().state() + ", generation " + status.generation() + "): possibly executed");
        gate.failed(Failures.Kind.TIMEOUT, System.nanoTime() - start, e, life.isCurrent(status));
        backend.timedOut();
        return e;
    }

    private Throwable failed(LinkStatus status, long start, Throwable wrapped, boolean single) {
        Throwable failure = Failures.unwrap(wrapped);
        Failures.Kind kind = Failures.kind(failure);
        gate.failed(kind, System.nanoTime() - start, failure, life.isCurrent(status));
        if (Failures.isWrongServer(failure)) {
            backend.wrongServer(status, settings.secrets().mask(failure.getMessage()));
        }
        if (kind == Failures.Kind.OPERATION || failure instanceof RedisException) {
            return failure;
        }
        Throwable cause = settings.secrets().clean(failure);
        String text = failure.getMessage();
        String message = text == null
                ? failure.getClass().getSimpleName()
                : settings.secrets().mask(text);
        // In an operation of several commands an earlier one may have been sent.
        return kind == Failures.Kind.REJECTED && single
                ? new RedisUnavailableException("Redis took no command: " + message, cause)
                : new RedisException("Redis: " + message, true, cause);
    }

    private static RuntimeException thrown(Throwable failure) {
        if (failure instanceof RuntimeException e) {
            return e;
        }
        if (failure instanceof Error e) {
            throw e;
        }
        return new RedisException("the operation failed: " + failure, true, failure);
    }

    private static long nanos(Duration duration) {
        // Longer than a century is as good as for ever, and does not overflow; nor does what is long past.
        return duration.isNegative()
                ? -1
                : duration.toSeconds() > 3_000_000_000L ? Long.MAX_VALUE / 2 : duration.toNanos();
    }

    @Override
    public List<RedisPrimary> primaries() {
        Collection<HostPort> several = backend.primaries();
        return several == null
                ? RedisLink.super.primaries()
                : several.stream().<RedisPrimary>map(Primary::new).toList();
    }

    /** One primary of a cluster. */
    private final class Primary implements RedisPrimary {
        private final HostPort address;

        Primary(HostPort address) {
            this.address = address;
        }

        @Override
        public String name() {
            return address.toString();
        }

        @Override
        public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
            return LiveRedisLink.this.call(address, deadline, operation);
        }

        @Override
        public String toString() {
            return "RedisPrimary[" + address + "]";
        }
    }

    @Override
    public Registration subscribe(byte[] channel, SubscriptionListener listener) {
        return subscriptions.subscribe(channel.clone(), Objects.requireNonNull(listener, "listener"));
    }

    @Override
    public Registration addListener(LinkListener listener) {
        return life.addListener(Objects.requireNonNull(listener, "listener"));
    }

    @Override
    public HealthProbe healthProbe() {
        return new LinkProbe(settings, life, backend, watch);
    }

    @Override
    public MeterBinder metrics() {
        return new LinkMetrics(settings, life, gate, backend, subscriptions, connector);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        life.closed();
        thread.close(() -> {
            backend.close();
            subscriptions.close();
        });
        life.events().close();
        if (Thread.currentThread() instanceof IoThread) {
            // Such a thread cannot wait for its own end.
            Threads.daemon("holdfast-redis-close").newThread(connector::close).start();
        } else {
            connector.close();
        }
    }

    @Override
    public String toString() {
        LinkStatus status = life.status();
        return "RedisLink[" + settings.uri() + ", " + mode() + ", " + status.state() + ", generation "
                + status.generation() + "]";
    }

    /** Settles one asynchronous operation. */
    private final class Books implements Pending.Ledger {
        private final LinkStatus status;
        private final Duration deadline;
        private final boolean single;

        Books(LinkStatus status, Duration deadline, boolean single) {
            this.status = status;
            this.deadline = deadline;
            this.single = single;
        }

        @Override
        public void succeeded(long startNanos) {
            gate.succeeded(System.nanoTime() - startNanos, life.isCurrent(status));
        }

        @Override
        public Throwable failed(long startNanos, Throwable failure) {
            return LiveRedisLink.this.failed(status, startNanos, failure, single);
        }

        @Override
        public Throwable expired(long startNanos) {
            return LiveRedisLink.this.expired(status, startNanos, deadline);
        }

        @Override
        public Throwable closed(long startNanos) {
            RedisException e = new RedisException("the link was closed before Redis answered", true, null);
            gate.failed(Failures.Kind.CONNECTION, System.nanoTime() - startNanos, e, false);
            return e;
        }
    }
}
