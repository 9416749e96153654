/**
 * Reading tables of any size by the position in an order, never by the number of rows before it.
 *
 * <p>{@link dev.holdfast.batch.keyset.Keyset} is the door: pages for people, streams and chunks for programs. {@code Order} knows
 * the columns and what comes after a position, {@code Scan} has the SQL and reads one stretch, {@code Token} makes positions
 * opaque and knows when they were changed. Nothing is shared between calls but what is immutable; all of a call happens on
 * the caller's thread.
 */
@NullMarked
package dev.holdfast.batch.keyset;

import org.jspecify.annotations.NullMarked;
