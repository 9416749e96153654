/**
 * What the other modules stand on: configuration problems and profiles, secrets, time and threads.
 *
 * <p>Everything here is immutable or stateless, but for {@link dev.holdfast.core.Problems}, which one builder fills, and
 * {@link dev.holdfast.core.ManualTicker}. Any package of the suite may call it; it calls none of them.
 */
@NullMarked
package dev.holdfast.core;

import org.jspecify.annotations.NullMarked;
