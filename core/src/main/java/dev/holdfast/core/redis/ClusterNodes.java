package dev.holdfast.core.redis;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The connected primaries and their slots, as the router sees them. One volatile read per command; replaced as a whole by
 * {@link ClusterBackend} on the link thread.
 */
final class ClusterNodes {
    private final LinkSettings settings;
    private final Runnable onMoved;
    private volatile Snapshot snapshot = new Snapshot(SlotTable.EMPTY, Map.of(), List.of());

    ClusterNodes(LinkSettings settings, Runnable onMoved) {
        this.settings = settings;
        this.onMoved = onMoved;
    }

    private record Snapshot(SlotTable table, Map<HostPort, NodeConnection> connected, List<NodeConnection> all) {}

    void publish(SlotTable table, Map<HostPort, NodeConnection> connected) {
        snapshot = new Snapshot(table, Map.copyOf(connected), List.copyOf(connected.values()));
    }

    /** The connection to the owner of a slot, or null if it is not connected. */
    @Nullable
    NodeConnection owner(int slot) {
        Snapshot now = snapshot;
        HostPort owner = now.table.owner(slot);
        return owner == null ? null : now.connected.get(owner);
    }

    /** A connection chosen by a random number, or null if there is none. */
    @Nullable
    NodeConnection any(int random) {
        List<NodeConnection> all = snapshot.all;
        return all.isEmpty() ? null : all.get(Math.floorMod(random, all.size()));
    }

    /** The owners of slots, connected or not. */
    Set<HostPort> primaries() {
        return snapshot.table.primaries();
    }

    @Nullable
    NodeConnection connection(HostPort address) {
        return snapshot.connected.get(address);
    }

    /** The address in {@code MOVED slot host:port} or {@code ASK slot host:port}; null if there is none. */
    @Nullable
    HostPort announced(String error) {
        String endpoint = error.substring(error.lastIndexOf(' ') + 1);
        int colon = endpoint.lastIndexOf(':');
        try {
            return settings.addressMapper()
                    .apply(new HostPort(endpoint.substring(0, colon), Integer.parseInt(endpoint.substring(colon + 1))));
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** A node said that a slot is elsewhere. */
    void moved() {
        onMoved.run();
    }
}
