/**
 * Servers in containers, through Testcontainers, which is an optional dependency that this package alone needs.
 *
 * <p>The packages of the single servers build on {@link dev.holdfast.testkit.container.ContainerServer} when
 * {@code holdfast.servers=containers}.
 */
@NullMarked
package dev.holdfast.testkit.container;

import org.jspecify.annotations.NullMarked;
