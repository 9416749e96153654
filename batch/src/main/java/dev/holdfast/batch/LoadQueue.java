package dev.holdfast.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is queued in one dispatcher, by loader, and the batches it was cut into. Guarded by the dispatcher's lock. */
final class LoadQueue {
    private final boolean caching;
    private final Map<BatchLoader<?, ?>, Lane> lanes = new IdentityHashMap<>(8);
    private final Queue<Batch> ready = new ArrayDeque<>();
    private int queued;

    /** Threads that asked for queued futures and are not enrolled: they may be about to ask for more. */
    private final Set<Thread> askers = new HashSet<>(4);

    private @Nullable Thread latestAsker;

    LoadQueue(boolean caching) {
        this.caching = caching;
    }

    Lane lane(BatchLoader<?, ?> loader) {
        Lane lane = lanes.get(loader);
        if (lane == null) {
            lane = new Lane(loader, caching && loader.settings().caching);
            lanes.put(loader, lane);
        }
        return lane;
    }

    Entry enqueue(Lane lane, Object key, int hash) {
        queued++;
        return lane.enqueue(key, hash);
    }

    boolean isEmpty() {
        return queued == 0 && ready.isEmpty();
    }

    boolean hasKeys() {
        return queued > 0;
    }

    boolean hasBatches() {
        return !ready.isEmpty();
    }

    /** All lanes in one step, so that none is dispatched with half of its keys. */
    void cutAll() {
        if (queued > 0) {
            for (Lane lane : lanes.values()) {
                if (lane.queued() > 0) {
                    cut(lane);
                }
            }
        }
        latestAsker = null;
        askers.clear();
    }

    /** Those that have reached the size of a batch. */
    void cutFull() {
        for (Lane lane : lanes.values()) {
            if (lane.full()) {
                cut(lane);
            }
        }
    }

    void cut(Lane lane) {
        queued -= lane.queued();
        lane.cut(ready);
    }

    @Nullable
    Batch next() {
        return ready.poll();
    }

    void putBack(Batch batch) {
        ready.add(batch);
    }

    void asked() {
        Thread asker = Thread.currentThread();
        if (latestAsker != asker) {
            latestAsker = asker;
            askers.add(asker);
        }
    }

    /** This thread is not about to ask for more. */
    void doneAsking() {
        askers.remove(Thread.currentThread());
        latestAsker = null;
    }

    Set<Thread> askers() {
        return askers;
    }

    void forgetAll() {
        lanes.values().forEach(Lane::forgetAll);
    }

    /** Takes all batches, also those of keys that were still queued, and forgets the rest. */
    List<Batch> end() {
        cutAll();
        List<Batch> all = new ArrayList<>(ready);
        ready.clear();
        lanes.clear();
        return all;
    }

    /** Fails what waited for the owner of the scope longer than its loader's timeout; the caller completes the futures. */
    List<Entry> expire(long now, @Nullable Thread owner) {
        List<Entry> expired = new ArrayList<>();
        for (Lane lane : lanes.values()) {
            BatchLoaderBuilder<?, ?> settings = lane.loader.settings();
            if (lane.queued() > 0 && now - lane.oldestQueued >= settings.timeout.toNanos()) {
                queued -= lane.queued();
                Entry.Failure failure = new Entry.Failure(new BatchTimeoutException(
                        lane.loader.name(),
                        settings.timeout,
                        "only " + owner + ", which opened the scope, may load, and it did not come by: let it wait with"
                                + " load, join or mapAll, not with allOf"));
                for (Entry entry : lane.drain()) {
                    entry.outcome = failure;
                    expired.add(entry);
                }
            }
        }
        return expired;
    }
}
