/** Batched loading, bulk writes and bounded reading. */
@NullMarked
package dev.holdfast.batch;

import org.jspecify.annotations.NullMarked;
