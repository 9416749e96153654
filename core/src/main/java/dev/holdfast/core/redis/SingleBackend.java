package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** One primary, found by a {@link PrimarySource}: standalone and Sentinel.
 *
 * <p>State belongs to the link thread; {@code current} is published for those who want it dropped, and {@code looking} lets
 * them ask for one probe at a time. */
final class SingleBackend implements Backend, ConnectionLoop.Owner {
    private final AtomicBoolean looking = new AtomicBoolean();
    private final LinkThread thread;
    private final LinkLife life;
    private final OperationGate gate;
    private final PrimarySource primary;
    private final ConnectionLoop loop;
    private volatile @Nullable NodeConnection current;
    private volatile long pingNanos;

    SingleBackend(
            LinkThread thread,
            Connector connector,
            PrimarySource primary,
            LinkSettings settings,
            LinkLife life,
            OperationGate gate) {
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
    }

    @Override
    public void frozen(String reason) {
        drop(reason);
    }

    @Override
    public void timedOut() {
        if (looking.compareAndSet(false, true)) {
            thread.execute(() -> {
                looking.set(false);
                loop.probeNow(false);
            });
        }
    }

    @Override
    public PrimarySource subscriptionSource() {
        return primary;
    }

    @Override
    public void wrongServer(LinkStatus status, String reason) {
        if (status == life.status()) {
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
