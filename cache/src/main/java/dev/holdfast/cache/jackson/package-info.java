/**
 * JSON values through Jackson 2, an optional dependency: the cache works without it, and nothing else refers to this
 * package. Stateless; called on the threads of whoever reads and writes.
 */
@NullMarked
package dev.holdfast.cache.jackson;

import org.jspecify.annotations.NullMarked;
