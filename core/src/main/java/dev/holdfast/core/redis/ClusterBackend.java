package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * All primaries of a cluster: one connection loop each, and the slot table that says which are needed.
 *
 * <p>All state belongs to the link thread, but {@code asked} and {@code looking}, by which others ask for a refresh or a
 * probe at most once at a time, and what {@link ClusterNodes} publishes. The link is up while at least one primary is connected; commands for the slots of the
 * others are refused at once.
 */
final class ClusterBackend implements Backend {
    /** How often the topology is asked for while an owner of slots is not connected. */
    private static final Duration URGENT = Duration.ofMillis(500);

    /** How long the first connected primary waits for the others, so that the link comes up once and not in steps. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    /** The shortest time between two refreshes that redirections asked for. */
    private static final Duration PAUSE = Duration.ofMillis(100);

    private final LinkThread thread;
    private final Connector connector;
    private final LinkSettings settings;
    private final LinkLife life;
    private final OperationGate gate;
    private final ClusterTopology topology;
    private final ClusterNodes nodes;
    private final ClusterRouter router;
    private final Map<HostPort, Node> members = new HashMap<>();
    private final List<Consumer<HostPort>> leaveListeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean looking = new AtomicBoolean();
    private final AtomicBoolean asked = new AtomicBoolean();
    private SlotTable table = SlotTable.EMPTY;
    private @Nullable Future<?> next;
    private int failures;
    private boolean closed;
    private volatile long lastRefresh = System.nanoTime();
    private volatile long pingNanos;
    private volatile List<HostPort> unreachable = List.of();
    /** Whether those that were not heard of yet have had their time, while the link is down. */
    private boolean impatient;

    private boolean waiting;

    ClusterBackend(LinkThread thread, Connector connector, LinkSettings settings, LinkLife life, OperationGate gate) {
        this.thread = thread;
        this.connector = connector;
        this.settings = settings;
        this.life = life;
        this.gate = gate;
        this.topology = new ClusterTopology(thread, connector, settings);
        this.nodes = new ClusterNodes(settings, this::refreshSoon);
        this.router = new ClusterRouter(nodes);
    }

    @Override
    public void start() {
        thread.execute(this::refreshNow);
    }

    /** Asks for the topology soon, once for all who call this meanwhile. */
    private void refreshSoon() {
        if (asked.compareAndSet(false, true)) {
            long wait = lastRefresh + PAUSE.toNanos() - System.nanoTime();
            thread.later(this::refreshNow, Math.max(0, Math.min(wait, PAUSE.toNanos())));
        }
    }

    private void refreshNow() {
        var unused = refresh();
    }

    private CompletableFuture<SlotTable> refresh() {
        asked.set(false);
        lastRefresh = System.nanoTime();
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        CompletableFuture<SlotTable> fetched = topology.fetch(connections().values(), members.keySet());
        var unused = fetched.whenComplete((found, failure) -> {
            if (!closed) {
                learn(found, failure);
            }
        });
        return fetched;
    }

    private void learn(@Nullable SlotTable found, @Nullable Throwable failure) {
        if (next != null) {
            // Somebody else waited for the same answer and was here before.
            next.cancel(false);
        }
        if (found != null) {
            failures = 0;
            apply(found);
            next = thread.schedule(this::refreshNow, (complete() ? settings.topologyRefresh() : URGENT).toNanos());
            return;
        }
        Throwable cause = Failures.unwrap(failure == null ? new IllegalStateException("no topology") : failure);
        RefusedException refused = cause instanceof RefusedException r ? r : null;
        if (connections().isEmpty()) {
            String why = refused != null
                    ? refused.problem().message()
                    : "no node of the cluster can be asked: "
                            + settings.secrets().describe(cause);
            life.down(why, cause, refused == null ? null : refused.problem());
        }
        Duration delay = refused != null && refused.lasting()
                ? settings.refusalRetry()
                : settings.reconnect().delay(failures++);
        next = thread.schedule(this::refreshNow, delay.toNanos());
    }

    private void apply(SlotTable found) {
        boolean changed = !found.equals(table);
        table = found;
        for (HostPort address : found.primaries()) {
            if (!members.containsKey(address)) {
                Node node = new Node(address);
                members.put(address, node);
                node.loop.start();
            }
        }
        List<HostPort> gone = new ArrayList<>();
        for (Node node : List.copyOf(members.values())) {
            if (!found.primaries().contains(node.address)) {
                members.remove(node.address);
                node.loop.close();
                gone.add(node.address);
            }
        }
        publish();
        // A node that is alive keeps its connections, but what others publish does not reach it any more.
        gone.forEach(address -> leaveListeners.forEach(l -> l.accept(address)));
        if (changed) {
            life.moved("slots moved: now on " + found.primaries());
        }
        judge("no primary owns slots", null, null);
    }

    private void publish() {
        nodes.publish(table, connections());
        unreachable = members.values().stream()
                .filter(n -> n.connection == null)
                .map(n -> n.address)
                .toList();
    }

    @Override
    public Collection<HostPort> primaries() {
        return nodes.primaries();
    }

    @Override
    public @Nullable RedisClusterAsyncCommands<byte[], byte[]> commandsOf(HostPort primary) {
        NodeConnection connection = nodes.connection(primary);
        return connection == null ? null : connection.commands();
    }

    @Override
    public Collection<HostPort> unreachable() {
        return unreachable;
    }

    private Map<HostPort, NodeConnection> connections() {
        Map<HostPort, NodeConnection> found = new HashMap<>();
        members.forEach((address, node) -> {
            if (node.connection != null) {
                found.put(address, node.connection);
            }
        });
        return found;
    }

    private boolean complete() {
        return members.values().stream().allMatch(n -> n.connection != null);
    }

    /** Brings the link up or down, as its primaries are; the arguments say why it may be down. */
    private void judge(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
        boolean any = members.values().stream().anyMatch(n -> n.connection != null);
        boolean up = life.status().commands() != null;
        boolean tried = members.values().stream().allMatch(n -> n.tried);
        if (any && !up && (tried || impatient)) {
            impatient = false;
            gate.reset();
            life.up(router.async(), "connected to " + connections().keySet());
        } else if (any && !up && !waiting) {
            waiting = true;
            thread.later(
                    () -> {
                        waiting = false;
                        impatient = true;
                        if (!connections().isEmpty()) {
                            judge("", null, null);
                        }
                    },
                    PATIENCE.toNanos());
        } else if (!any && (up || tried)) {
            life.down(reason, cause, refusal);
        }
    }

    /**
     * One frozen primary may have caused it, and the others must go on: the breaker closes again, and whoever does not
     * answer the next probe is dropped, after which commands for its slots are refused at once.
     */
    @Override
    public void frozen(String reason) {
        gate.reset();
        thread.execute(() -> members.values().forEach(n -> n.loop.probeNow(reason)));
    }

    @Override
    public void timedOut() {
        if (looking.compareAndSet(false, true)) {
            thread.execute(() -> {
                looking.set(false);
                members.values().forEach(n -> n.loop.probeNow(null));
            });
        }
    }

    @Override
    public void wrongServer(LinkStatus status, String reason) {
        refreshSoon();
    }

    @Override
    public long pingNanos() {
        return pingNanos;
    }

    /** Subscriptions go to any primary: a cluster passes messages on to all nodes. */
    @Override
    public PrimarySource subscriptionSource() {
        return new PrimarySource() {
            @Override
            public CompletableFuture<HostPort> primary() {
                NodeConnection any = nodes.any(ThreadLocalRandom.current().nextInt());
                return any != null
                        ? CompletableFuture.completedFuture(any.address())
                        : CompletableFuture.failedFuture(new RedisException("no primary is connected", false, null));
            }

            @Override
            public void onMove(Consumer<HostPort> listener) {
                // Any primary will do: only leaving matters.
            }

            @Override
            public void onLeave(Consumer<HostPort> listener) {
                leaveListeners.add(listener);
            }

            @Override
            public void start() {
                // The backend watches.
            }

            @Override
            public void close() {
                // The backend closes.
            }
        };
    }

    @Override
    public void close() {
        closed = true;
        if (next != null) {
            next.cancel(false);
        }
        new ArrayList<>(members.values()).forEach(n -> n.loop.close());
    }

    /** One primary and its connection. */
    private final class Node implements ConnectionLoop.Owner {
        private final HostPort address;
        private final ConnectionLoop loop;
        private @Nullable NodeConnection connection;
        /** Whether its first connection attempt has come to an end. */
        private boolean tried;
        /** Whether it was connected before: then it may have been replaced meanwhile. */
        private boolean known;

        Node(HostPort address) {
            this.address = address;
            PrimarySource source = PrimarySource.checked(address, this::stillOwner);
            this.loop = new ConnectionLoop(thread, connector, source, connector::connect, settings, this);
        }

        /**
         * Asks the others before going back: a primary that was frozen may have been replaced, does not know it yet, and
         * would take writes that are lost.
         */
        private CompletableFuture<Boolean> stillOwner() {
            return known
                    ? refresh().thenApply(found -> found.primaries().contains(address))
                    : CompletableFuture.completedFuture(true);
        }

        @Override
        public void connected(NodeConnection made) {
            connection = made;
            tried = true;
            known = true;
            publish();
            life.moved("connected to " + address);
            judge("", null, null);
        }

        @Override
        public void lost(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
            boolean was = connection != null;
            connection = null;
            tried = true;
            publish();
            judge(reason, cause, refusal);
            if (was) {
                refreshSoon();
            }
        }

        @Override
        public void answered(long nanos) {
            pingNanos = nanos;
        }
    }
}
