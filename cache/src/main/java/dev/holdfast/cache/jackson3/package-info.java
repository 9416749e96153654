/**
 * JSON values through Jackson 3, an optional dependency: the cache works without it, and nothing else refers to this
 * package. Stateless; called on the threads of whoever reads and writes.
 */
@NullMarked
package dev.holdfast.cache.jackson3;

import org.jspecify.annotations.NullMarked;
