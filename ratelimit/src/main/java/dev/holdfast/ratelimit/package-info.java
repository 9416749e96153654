/**
 * The distributed rate limiter: {@link dev.holdfast.ratelimit.RateLimiter} in front, and behind it what decides.
 *
 * <p>Read top down: {@code FleetLimiter} asks what this node knows itself ({@code Leases}, {@code DenyCache}), then Redis by
 * {@code Checks}, which merges the checks of a subject in a {@code Line}, then the fallback: {@code Memory} has each node's
 * share. The sums are in {@code Terms}, all limits of a plan, and in {@code DeficitBucket} and {@code SlidingWindow}; {@code
 * check.lua} does the same within Redis. {@code Fleet} counts the nodes.
 *
 * <p>Locks: the monitor of a {@code Line}, of an entry of {@code Memory} or {@code Leases}, and of an {@code Account}, each
 * for a few sums; {@code Table}'s locks, within which an entry's may be taken; nothing is sent, completed or called back
 * under any of them. Each limiter owns one thread, for heartbeats and what has to be given back or charged afterwards.
 * Answers to merged checks are told on the link's I/O threads.
 */
@NullMarked
package dev.holdfast.ratelimit;

import org.jspecify.annotations.NullMarked;
