/**
 * JUnit 5 assertions on the statements of a test, on top of {@link dev.holdfast.batch.watch.QueryWatch}.
 *
 * <p>Needs {@code junit-jupiter-api}, which is an optional dependency.
 */
@NullMarked
package dev.holdfast.batch.junit;

import org.jspecify.annotations.NullMarked;
