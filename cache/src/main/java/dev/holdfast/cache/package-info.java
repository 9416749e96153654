/**
 * The two-tier cache: {@link dev.holdfast.cache.TieredCache} in front, and behind it the ways of a read and a write.
 *
 * <p>Read top down: {@code CoherentCache} puts the parts together. A read goes {@code Tier1} → {@code ReadThrough}, {@code
 * BulkReadThrough} or {@code AsyncReads}, which drive {@code Attempt}s → {@code Tier2} → {@code LoadGate} → source. {@code
 * Writes} invalidates and puts. {@code Coherence} applies barriers, {@code Synchronizer} keeps the node in step with {@code
 * ControlLog}, and {@code Journal} remembers what to issue again.
 *
 * <p>Locks, in order: {@code Coherence.lock} (epoch, applied, barriers), inside it Caffeine's per-key exclusion;
 * {@code Journal.lock} and {@code LoadGate.lock} alone. None is held during a network call, a loader, a codec or a listener. Each cache owns one
 * thread, on which the heartbeat waits for Redis; messages are applied on the link's subscription thread,
 * the answers to writes on its I/O threads, and loads that no caller's thread runs go to the cache's executor.
 */
@NullMarked
package dev.holdfast.cache;

import org.jspecify.annotations.NullMarked;
