/**
 * JUnit 5 extensions: servers as parameters of tests, and tests that must leave no threads behind.
 *
 * <p>Everything here needs JUnit Jupiter, which the rest of the testkit does without. Servers that are shared live as long as
 * the JVM; one lock guards their start.
 */
@NullMarked
package dev.holdfast.testkit.junit;

import org.jspecify.annotations.NullMarked;
