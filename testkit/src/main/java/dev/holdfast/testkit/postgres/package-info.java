/**
 * Real PostgreSQL servers for tests.
 *
 * <p>{@link dev.holdfast.testkit.postgres.PostgresServers} is the door. Servers are asked through plain, unpooled JDBC
 * connections, so that a test looks at the server and not at the library under test.
 */
@NullMarked
package dev.holdfast.testkit.postgres;

import org.jspecify.annotations.NullMarked;
