/**
 * Faults of the network between a client and a server.
 *
 * <p>A {@link dev.holdfast.testkit.fault.FaultProxy} owns one thread, which alone touches its sockets and its state; every
 * other thread hands it tasks and waits for them. No lock is involved.
 */
@NullMarked
package dev.holdfast.testkit.fault;

import org.jspecify.annotations.NullMarked;
