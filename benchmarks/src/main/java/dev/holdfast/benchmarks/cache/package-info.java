/**
 * Group {@code cache}: the two tiers beside raw clients and peers, and what a fleet of nodes costs: commands, invalidations
 * and stampedes. Its scenarios of single reads serve group {@code foundation} too, with other targets.
 */
package dev.holdfast.benchmarks.cache;
