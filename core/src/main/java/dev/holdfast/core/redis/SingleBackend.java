package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import org.jspecify.annotations.Nullable;

/** One primary, found by a {@link PrimarySource}: standalone and Sentinel. State belongs to the link thread. */
final class SingleBackend implements Backend, ConnectionLoop.Owner {
    private final LinkLife life;
    private final OperationGate gate;
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
        this.loop = new ConnectionLoop(thread, connector, primary, connector::connect, settings, this);
        primary.onMove(loop::moveTo);
    }

    @Override
    public void start() {
        loop.start();
    }

    @Override
    public void connected(NodeConnection connection) {
        current = connection;
        gate.reset();
        life.up(connection.commands(), "connected to " + connection.address());
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
    }
}
