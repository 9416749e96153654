/**
 * Other libraries that do the same: JetCache's two-level cache and Redisson's local-cached map. Their settings are those of
 * the cache where they have them – entries in the process, life, encoding – and otherwise the ones that make them fastest.
 */
package dev.holdfast.benchmarks.peer;
