/**
 * Finds the N+1, slow and unbounded queries of an application, with the line that ran them.
 *
 * <p>{@link dev.holdfast.batch.watch.QueryWatch} listens to the statements of data sources. A
 * {@link dev.holdfast.batch.watch.QueryScope} is one request: statements are counted and compared within it, whatever thread
 * runs them. Each scope has a log of its own that its threads fill under the log's lock, which is never held while user code
 * runs.
 */
@NullMarked
package dev.holdfast.batch.watch;

import org.jspecify.annotations.NullMarked;
