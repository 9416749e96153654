/**
 * Revoked tokens and sessions of a whole fleet: {@link dev.holdfast.cache.revocation.RevocationList}.
 *
 * <p>Stands on the public door of the cache and on the Redis link. {@code RevocationStore} holds the truth in Redis, one
 * sorted set per bucket of fingerprints; {@code SharedBuckets} keeps this node's copy in a {@code TieredCache} of {@code
 * RevokedSet}s; {@code Outbox} holds what this node revoked and Redis may not have yet. Locks: {@code Outbox.lock}, alone and
 * never during a call. Each list owns one thread, on which it sends what it owes.
 */
@NullMarked
package dev.holdfast.cache.revocation;

import org.jspecify.annotations.NullMarked;
