/**
 * Group {@code foundation}: what the cache adds to the raw clients it stands on, and what it gains a shop. Each
 * scenario builds its own cache and clients, fills them with the same data, and closes them; the Redis server is the
 * session's.
 */
package dev.holdfast.benchmarks.foundation;
