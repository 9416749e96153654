/**
 * Batch functions from a table and its key, by plain JDBC: {@link dev.holdfast.batch.jdbc.JdbcTable}.
 *
 * <p>{@code TableShape} is what the database says of the table, read once; {@code KeyStatement} asks for rows by keys; {@code
 * RecordMapper} and {@code ColumnValues} make records of them. No threads and no locks of its own.
 */
@NullMarked
package dev.holdfast.batch.jdbc;

import org.jspecify.annotations.NullMarked;
