package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One primary, found by a {@link PrimarySource}: standalone and Sentinel.
 *
 * <p>State belongs to the link thread; {@code current} is published for those who want it dropped, and {@code looking} lets
 * them ask for one probe at a time. */
final class SingleBackend implements Backend, ConnectionLoop.Owner {
    private static final long STABLE_NANOS = Duration.ofSeconds(5).toNanos();

    private final AtomicBoolean looking = new AtomicBoolean();
    private final LinkThread thread;
    private final LinkSettings settings;
    private final LinkLife life;
    private final OperationGate gate;
    private final PrimarySource primary;
    private final ConnectionLoop loop;
    /** Whether the breaker is open and a probe under way decides. */
    private boolean suspected;

    private int trips;
    private long lastTrip;
    private volatile @Nullable NodeConnection current;
    private volatile long pingNanos;

    SingleBackend(
            LinkThread thread,
            Connector connector,
            PrimarySource primary,
            LinkSettings settings,
            LinkLife life,
            OperationGate gate) {
        this.settings = settings;
        this.life = life;
        this.gate = gate;
        this.thread = thread;
        this.primary = primary;
        this.loop = new ConnectionLoop(thread, connector, primary, connector::connect, settings, this);
        primary.onMove(loop::moveTo);
    }

    @Override
    public void start() {
        primary.start();
        loop.start();
    }

    @Override
    public void connected(NodeConnection connection) {
        current = connection;
        suspected = false;
        gate.reset();
        life.up(connection.commands(), "connected to " + connection.address());
    }

    @Override
    public void severed(NodeConnection connection, String reason) {
        life.severed(connection.commands(), reason);
    }

    @Override
    public void lost(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
        current = null;
        life.down(reason, cause, refusal);
    }

    @Override
    public void answered(long nanos) {
        pingNanos = nanos;
        if (suspected) {
            suspected = false;
            // Alive, but slower than its callers' deadlines: let it breathe, longer each time.
            thread.later(gate::reset, settings.reconnect().delay(trips++).toNanos());
        }
    }

    /**
     * Operations are refused while the breaker is open; whether the server is frozen, or its callers' deadlines are too
     * short, or this machine was paused, is decided by one PING.
     */
    @Override
    public void frozen(String reason) {
        thread.execute(() -> {
            if (System.nanoTime() - lastTrip > STABLE_NANOS) {
                trips = 0;
            }
            lastTrip = System.nanoTime();
            suspected = true;
            loop.probeNow(reason);
        });
    }

    @Override
    public void timedOut() {
        if (looking.compareAndSet(false, true)) {
            thread.execute(() -> {
                looking.set(false);
                loop.probeNow(null);
            });
        }
    }

    @Override
    public PrimarySource subscriptionSource() {
        return primary;
    }

    @Override
    public void wrongServer(LinkStatus status, String reason) {
        if (life.isCurrent(status)) {
            drop("not the primary any more: " + reason);
        }
    }

    private void drop(String reason) {
        NodeConnection now = current;
        if (now != null) {
            loop.drop(now, reason);
        }
    }

    @Override
    public long pingNanos() {
        return pingNanos;
    }

    @Override
    public void close() {
        loop.close();
        primary.close();
    }
}
