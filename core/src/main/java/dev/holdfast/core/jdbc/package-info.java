/**
 * JDBC observed: {@link dev.holdfast.core.jdbc.ObservedDataSource} tells {@link dev.holdfast.core.jdbc.StatementListener}s
 * of each statement that runs, and nothing else.
 *
 * <p>The one source of statement events of the suite: the pool's query metrics and slow-query log and the detection of N+1
 * queries listen here. Wrappers belong to the thread that uses the connection, like the JDBC objects behind them; the data
 * source and its listeners are shared by all threads. The {@code Forwarding…} classes are the interfaces of JDBC written
 * out, long because the interfaces are.
 */
@NullMarked
package dev.holdfast.core.jdbc;

import org.jspecify.annotations.NullMarked;
