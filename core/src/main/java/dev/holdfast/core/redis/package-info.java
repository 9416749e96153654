/**
 * The only door to Redis: {@link dev.holdfast.core.redis.RedisLink}, its scripts, subscriptions and checks.
 *
 * <p>Every other module reaches Redis through here and nowhere else. The link owns all connections and threads; a
 * listener or an operation never runs under one of its locks.
 */
@NullMarked
package dev.holdfast.core.redis;

import org.jspecify.annotations.NullMarked;
