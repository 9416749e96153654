/** The group {@code batch}: bulk writes and reading by keyset against what plain JDBC can do, on one PostgreSQL. */
package dev.holdfast.benchmarks.batch;
