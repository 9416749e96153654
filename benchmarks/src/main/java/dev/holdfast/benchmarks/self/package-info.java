/**
 * Group {@code self}: the harness against itself, a raw client on both sides. Whatever differs from 1 here is noise or
 * bias of the harness and of the machine, and no ratio of another group can be trusted more closely.
 */
package dev.holdfast.benchmarks.self;
