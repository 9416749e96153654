/**
 * Real Redis servers for tests: standalone, replicated under Sentinel, and Cluster.
 *
 * <p>{@link dev.holdfast.testkit.redis.RedisServers} is the door. The servers are asked through
 * {@link dev.holdfast.testkit.redis.RespClient}, a plain client of its own, so that a test looks at the server and not at
 * the library under test.
 */
@NullMarked
package dev.holdfast.testkit.redis;

import org.jspecify.annotations.NullMarked;
