/**
 * Invalidations that wait for the commit of the transaction they belong to, with plain JDBC or any framework.
 *
 * <p>{@link dev.holdfast.cache.tx.Invalidations} collects them; {@link dev.holdfast.cache.tx.AmbientTransactions} finds those
 * of the transaction that a framework has bound to the thread. One lock per {@code Invalidations} guards what it has
 * collected; it is never held while a cache, a framework or other foreign code runs. Nothing here owns a thread:
 * invalidations run on the thread that commits.
 */
@NullMarked
package dev.holdfast.cache.tx;

import org.jspecify.annotations.NullMarked;
