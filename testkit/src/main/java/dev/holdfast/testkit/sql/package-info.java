/**
 * What PostgreSQL and MariaDB have in common as servers for tests: {@link dev.holdfast.testkit.sql.SqlServer} and the
 * {@link dev.holdfast.testkit.sql.SqlDatabase}s on it.
 *
 * <p>A test that is to hold on both takes these types; the doors are in the packages of the two.
 */
@NullMarked
package dev.holdfast.testkit.sql;

import org.jspecify.annotations.NullMarked;
