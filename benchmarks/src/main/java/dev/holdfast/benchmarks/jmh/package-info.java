/**
 * Benchmarks for JMH: single calls within the process, on any number of threads. The targets are judged by the paired
 * harness; these are for looking closer, with profilers and forks.
 */
package dev.holdfast.benchmarks.jmh;
