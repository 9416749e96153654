package dev.holdfast.core.redis;

import io.lettuce.core.cluster.SlotHash;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which primary owns which slot; immutable, compared by content. */
final class SlotTable {
    static final SlotTable EMPTY = new SlotTable(new @Nullable HostPort[SlotHash.SLOT_COUNT]);

    private final @Nullable HostPort[] owners;
    private final Set<HostPort> primaries;

    private SlotTable(@Nullable HostPort[] owners) {
        this.owners = owners;
        Set<HostPort> found = new LinkedHashSet<>();
        for (HostPort owner : owners) {
            if (owner != null) {
                found.add(owner);
            }
        }
        this.primaries = Set.copyOf(found);
    }

    /** Merges views as the cluster itself would: the highest configuration epoch owns a slot, whoever was asked. */
    static SlotTable of(Collection<ClusterView> views) {
        @Nullable HostPort[] owners = new HostPort[SlotHash.SLOT_COUNT];
        long[] epochs = new long[SlotHash.SLOT_COUNT];
        for (ClusterView view : views) {
            for (ClusterView.Primary primary : view.primaries()) {
                for (int[] range : primary.ranges()) {
                    for (int slot = range[0]; slot <= range[1]; slot++) {
                        if (owners[slot] == null || primary.epoch() > epochs[slot]) {
                            owners[slot] = primary.address();
                            epochs[slot] = primary.epoch();
                        }
                    }
                }
            }
        }
        return new SlotTable(owners);
    }

    /** The owner of a slot, or null if none is known. */
    @Nullable
    HostPort owner(int slot) {
        return owners[slot];
    }

    /** All owners. */
    Set<HostPort> primaries() {
        return primaries;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SlotTable table && Arrays.equals(owners, table.owners);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(owners);
    }

    @Override
    public String toString() {
        return "SlotTable" + primaries;
    }
}
