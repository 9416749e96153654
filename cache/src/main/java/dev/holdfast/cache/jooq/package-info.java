/**
 * Results of jOOQ queries in a cache, through jOOQ 3.19, an optional dependency: nothing else refers to this package.
 *
 * <p>{@link dev.holdfast.cache.jooq.QueryCache} in front. A read goes {@code TableScan} (SQL, tables, what is hidden) → {@code
 * QueryKey} → the {@code TieredCache} → {@code CachedRows} and back. A write goes {@code ChangeListener} → {@code Statements}
 * (what it changes) → {@code Transactions} (whose commit it waits for) → {@link dev.holdfast.cache.tx.Invalidations}. No
 * locks and no threads of its own: queries run on the thread that asks.
 */
@NullMarked
package dev.holdfast.cache.jooq;

import org.jspecify.annotations.NullMarked;
