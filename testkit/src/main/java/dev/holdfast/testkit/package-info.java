/**
 * Real servers for tests, and the faults to break them with.
 *
 * <p>Start with {@code RedisServers}, {@code PostgresServers} and {@code MariaDbServers} in their packages, with
 * {@link dev.holdfast.testkit.fault.FaultProxy} for the network between, and with
 * {@link dev.holdfast.testkit.junit.Servers} for tests under JUnit. Here lives what all of them share: where servers come
 * from, and what goes wrong with them.
 */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
