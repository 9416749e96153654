/**
 * Filling a cache before its first readers come: {@link dev.holdfast.cache.warming.CacheWarmer}.
 *
 * <p>Stands on the public door of the cache and on the Redis link. {@code WarmRun} is one pass over the keys, a state
 * machine that takes the time as an argument; {@code WarmLease} lets one node of the fleet do it at a time; {@code
 * CacheWarmer} owns the one thread on which both run, and the lock that guards its schedule, held during no call.
 */
@NullMarked
package dev.holdfast.cache.warming;

import org.jspecify.annotations.NullMarked;
