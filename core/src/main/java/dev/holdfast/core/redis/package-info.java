/**
 * The only door to Redis: {@link dev.holdfast.core.redis.RedisLink}, its scripts, subscriptions and checks.
 *
 * <p>Every other module reaches Redis through here and nowhere else. The link owns all connections and threads; a
 * listener or an operation never runs under one of its locks.
 *
 * <p>Who owns what: the link thread decides; connection loops, sentinels and cluster topology belong to it and need no
 * lock ({@code LinkThread}). {@code LinkLife} holds the one lock, around changes of state, and publishes them in one
 * volatile field, which is all that an operation reads. {@code ClusterNodes} publishes the slot table in the same way. The
 * message thread owns the subscriptions and calls their listeners ({@code SubscriptionHub}); the event thread calls
 * link listeners. I/O threads complete operations, and hand everything else to one of those. The answer to an asynchronous
 * operation and its deadline race for one CAS ({@code Pending}).
 */
@NullMarked
package dev.holdfast.core.redis;

import org.jspecify.annotations.NullMarked;
