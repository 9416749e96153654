/**
 * The two-tier cache: {@link dev.holdfast.cache.TieredCache} in front, and behind it the ways of a read and a write.
 *
 * <p>Read top down: {@code CoherentCache} puts the parts together, from what {@code SettingsCheck} let pass. A read goes {@code
 * Tier1} → {@code ReadThrough}, {@code BulkReadThrough} or {@code AsyncReads}, which drive {@code Attempt}s → {@code Tier2} →
 * {@code LoadGate} → source; {@code Arrivals} wait for the loads of others, {@code EarlyRefresh} loads again in the background,
 * {@code BulkLoad} loads many keys at once, and {@code Waves} bound what they have in flight. {@code Writes} invalidates and
 * puts. {@code Coherence} applies barriers, {@code WideFence} those that have no stamp, {@code Synchronizer} keeps the node in
 * step with {@code ControlLog}, and {@code Journal} remembers what to issue again.
 *
 * <p>Locks, in order: {@code Coherence.lock} (epoch, applied, barriers), inside it Caffeine's per-key exclusion and its
 * eviction lock; {@code Journal.lock} and {@code LoadGate.lock} alone. None is held during a network call, a loader, a codec or
 * a listener. Each cache owns one thread, on which the heartbeat waits for Redis; messages are applied on the link's I/O or
 * message thread, the answers to writes on its I/O threads, and loads that no caller's thread runs go to the cache's executor.
 */
@NullMarked
package dev.holdfast.cache;

import org.jspecify.annotations.NullMarked;
