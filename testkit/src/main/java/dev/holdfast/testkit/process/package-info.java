/**
 * Runs native servers as child processes: binaries from the class path, ports, directories, signals, and a watchdog that
 * lets no server outlive its JVM.
 *
 * <p>The packages of the single servers build on this one; tests meet it when they want a server of a kind that the
 * testkit does not bring. Each {@link dev.holdfast.testkit.process.ServerProcess} owns one lock, which is held while it
 * starts or stops; the shutdown hook alone goes past it.
 */
@NullMarked
package dev.holdfast.testkit.process;

import org.jspecify.annotations.NullMarked;
