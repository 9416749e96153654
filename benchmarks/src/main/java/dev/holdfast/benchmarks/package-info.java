/**
 * The paired harness: what is measured ({@link dev.holdfast.benchmarks.Scenario}), how two sides are compared
 * ({@link dev.holdfast.benchmarks.PairedRun}), what the comparison is held against
 * ({@link dev.holdfast.benchmarks.Target}) and what is printed ({@link dev.holdfast.benchmarks.Session}). One thread
 * drives a run; a side may use threads of its own while it is being sampled, and none between its samples. Groups of
 * scenarios live in packages below and are listed in {@link dev.holdfast.benchmarks.Main}; the JMH benchmarks live in
 * {@code dev.holdfast.benchmarks.jmh}.
 */
package dev.holdfast.benchmarks;
