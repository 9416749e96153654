/**
 * The group {@code batch}: loading in batches beside loops, the bare batch function and java-dataloader; bulk writes and reading by
 * keyset against what plain JDBC can do, on one PostgreSQL.
 */
package dev.holdfast.benchmarks.batch;
