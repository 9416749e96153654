package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one connection alive: resolves, connects, probes, and starts again with backoff when it is lost.
 *
 * <p>All state belongs to the link thread; the methods that others call only post to it.
 */
final class ConnectionLoop {
    /** Told on the link thread, strictly alternating: connected, lost, connected … */
    interface Owner {
        /** A connection is ready. */
        void connected(NodeConnection connection);

        /** The connection is gone, or an attempt to make one failed (then there may be several in a row). */
        void lost(String reason, @Nullable Throwable cause, @Nullable Problem refusal);

        /**
         * The socket was closed: a hint ahead of {@link #lost}, on the I/O thread, before commands in flight fail. So
         * whoever sees one fail finds the link down.
         */
        default void severed(NodeConnection connection, String reason) {}

        /** A probe was answered. */
        default void answered(long nanos) {}
    }

    private static final int MISSED_PINGS = 2;
    /** A connection that lived this long was a success, so the next loss starts with the shortest delay again. */
    private static final long STABLE_NANOS = Duration.ofSeconds(5).toNanos();

    private final LinkThread thread;
    private final Connector connector;
    private final PrimarySource source;
    private final Function<HostPort, CompletableFuture<NodeConnection>> opening;
    private final LinkSettings settings;
    private final Owner owner;

    private @Nullable NodeConnection current;
    private @Nullable CompletableFuture<NodeConnection> attempt;
    /** Where the attempt goes; also set by whoever completes the source's answer. */
    private volatile @Nullable HostPort attempted;

    private @Nullable Future<?> next;
    private int failures;
    private int missed;
    private boolean probing;
    /** Why the connection is thought to be dead, until a probe is answered. */
    private @Nullable String suspicion;

    private long upSince;
    private boolean closed;

    ConnectionLoop(
            LinkThread thread,
            Connector connector,
            PrimarySource source,
            Function<HostPort, CompletableFuture<NodeConnection>> opening,
            LinkSettings settings,
            Owner owner) {
        this.thread = thread;
        this.connector = connector;
        this.source = source;
        this.opening = opening;
        this.settings = settings;
        this.owner = owner;
    }

    /** Begins to connect. */
    void start() {
        thread.execute(this::connect);
    }

    /** Gives up the connection, if it is still this one, and makes a new one. */
    void drop(@Nullable NodeConnection connection, String reason) {
        thread.execute(() -> {
            NodeConnection now = current;
            if (now != null && (connection == null || connection == now)) {
                lost(now, reason, null, null);
            }
        });
    }

    /** Tries now instead of after the delay; a pending attempt is abandoned. No effect on a live connection. */
    void hurry() {
        thread.execute(() -> {
            if (current == null && !closed) {
                failures = 0;
                abandon();
                connect();
            }
        });
    }

    /** Probes now, not at its next turn. With a suspicion, missing this one probe is enough to give the connection up. */
    void probeNow(@Nullable String because) {
        thread.execute(() -> {
            NodeConnection now = current;
            if (now == null || closed) {
                return;
            }
            if (because != null) {
                suspicion = because;
            }
            if (!probing) {
                if (next != null) {
                    next.cancel(false);
                }
                probe(now);
            }
        });
    }

    /** Leaves a server that is none any more, if it is there or on its way. Runs on the link thread. */
    void leave(HostPort address) {
        NodeConnection now = current;
        if (now == null) {
            if (attempt != null && address.equals(attempted)) {
                hurry();
            }
        } else if (now.address().equals(address)) {
            failures = 0;
            lost(now, address + " owns no slots any more", null, null);
        }
    }

    /** Goes to another server at once, unless it is there already. Runs on the link thread. */
    void moveTo(HostPort address) {
        NodeConnection now = current;
        if (now == null) {
            if (attempt == null || !address.equals(attempted)) {
                hurry();
            }
        } else if (!now.address().equals(address)) {
            failures = 0;
            lost(now, "the primary moved from " + now.address() + " to " + address, null, null);
        }
    }

    /** Ends it; the connection is closed without telling the owner. Runs on the link thread. */
    void close() {
        closed = true;
        abandon();
        NodeConnection now = current;
        current = null;
        if (now != null) {
            now.drop("closed");
        }
    }

    private void abandon() {
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        CompletableFuture<NodeConnection> pending = attempt;
        attempt = null;
        if (pending != null) {
            // If it still succeeds, its connection is dropped by whoever completes it.
            pending.cancel(false);
        }
    }

    private void connect() {
        next = null;
        if (closed || current != null || attempt != null) {
            return;
        }
        CompletableFuture<NodeConnection> mine = new CompletableFuture<>();
        attempt = mine;
        attempted = null;
        var unusedAttempt = where().thenCompose(address -> {
                    attempted = address;
                    return opening.apply(address);
                })
                .whenComplete((connection, failure) -> {
                    if (connection != null && !mine.complete(connection)) {
                        connection.drop("no longer wanted");
                    } else if (failure != null) {
                        mine.completeExceptionally(failure);
                    }
                });
        long limit = settings.connectTimeout()
                .plus(settings.commandTimeout().multipliedBy(3))
                .toNanos();
        Future<?> guard = thread.schedule(
                () -> mine.completeExceptionally(new RedisTimeoutException("no connection within the limits")), limit);
        var unusedGuard = mine.whenComplete((connection, failure) -> {
            guard.cancel(false);
            boolean posted = thread.execute(() -> finish(mine, connection, failure));
            if (!posted && connection != null) {
                connection.drop("closed");
            }
        });
    }

    /** What the source says; a source that throws has failed like any other. */
    private CompletableFuture<HostPort> where() {
        try {
            return source.primary();
        } catch (RuntimeException | Error e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private void finish(
            CompletableFuture<NodeConnection> mine, @Nullable NodeConnection connection, @Nullable Throwable failure) {
        if (attempt != mine || closed) {
            if (connection != null) {
                connection.drop("no longer wanted");
            }
            return;
        }
        attempt = null;
        if (connection != null) {
            current = connection;
            missed = 0;
            suspicion = null;
            probing = false;
            upSince = System.nanoTime();
            owner.connected(connection);
            connection.closed().thenAccept(reason -> {
                owner.severed(connection, reason);
                thread.execute(() -> lost(connection, reason, null, null));
            });
            next = thread.schedule(
                    () -> probe(connection), settings.pingInterval().toNanos());
            return;
        }
        Throwable cause = Failures.unwrap(failure == null ? new IllegalStateException("no connection") : failure);
        RefusedException refused = cause instanceof RefusedException r ? r : null;
        String reason = refused != null
                ? refused.problem().message()
                : settings.secrets().describe(cause);
        owner.lost(reason, cause, refused == null ? null : refused.problem());
        retry(
                refused != null && refused.lasting()
                        ? settings.refusalRetry()
                        : settings.reconnect().delay(failures++));
    }

    private void lost(NodeConnection connection, String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
        if (current != connection || closed) {
            return;
        }
        current = null;
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        if (System.nanoTime() - upSince > STABLE_NANOS) {
            failures = 0;
        }
        // First refuse callers, then reset what they might have used.
        owner.lost(reason, cause, refusal);
        connection.drop(reason);
        retry(settings.reconnect().delay(failures++));
    }

    private void retry(Duration delay) {
        if (!closed) {
            next = thread.schedule(this::connect, delay.toNanos());
        }
    }

    private void probe(NodeConnection connection) {
        if (current != connection || closed) {
            return;
        }
        probing = true;
        long start = System.nanoTime();
        var unused = Pending.within(
                        connector.timer(),
                        settings.pingInterval(),
                        "PING",
                        connection.commands().ping())
                .whenComplete((pong, failure) -> thread.execute(() -> judge(connection, start, failure)));
    }

    private void judge(NodeConnection connection, long start, @Nullable Throwable failure) {
        if (current != connection || closed) {
            return;
        }
        probing = false;
        long now = System.nanoTime();
        long took = now - start;
        Failures.Kind kind = failure == null ? null : Failures.kind(Failures.unwrap(failure));
        // An error reply is an answer too, and so is whatever else arrived meanwhile: PING may wait behind a large
        // reply.
        boolean answered = kind == null || kind == Failures.Kind.ERROR || connection.heardNanos() - start > 0;
        if (answered) {
            missed = 0;
            suspicion = null;
            owner.answered(took);
        } else if (kind == Failures.Kind.REJECTED
                && now - connection.heardNanos() <= settings.pingInterval().toNanos()) {
            // The queue is full, so PING was never sent: that says nothing while answers keep it moving.
            missed = 0;
        } else if (++missed >= MISSED_PINGS || suspicion != null) {
            String how = connection.address() + " did not answer " + (missed == 1 ? "PING" : missed + " PINGs");
            lost(connection, "frozen: " + (suspicion == null ? how : suspicion + ", and " + how), null, null);
            return;
        }
        next = thread.schedule(
                () -> probe(connection), Math.max(0, settings.pingInterval().toNanos() - took));
    }
}
