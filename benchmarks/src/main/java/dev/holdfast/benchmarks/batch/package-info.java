/** Loading in batches beside loops, beside the bare batch function, and beside java-dataloader. */
package dev.holdfast.benchmarks.batch;
