/**
 * What writing and reading need to know of a database: which one it is, the columns and unique keys of a table, how values
 * of Java become values of a column, and whose fault a refusal was. Not exported; no state, no threads, no locks.
 */
@NullMarked
package dev.holdfast.batch.sql;

import org.jspecify.annotations.NullMarked;
