/**
 * Calls as cached values: {@link dev.holdfast.cache.call.KeyHash} turns the arguments of a call into a key.
 *
 * <p>Stands on the public door of the cache and nothing behind it. Everything here is immutable, owns no thread and takes
 * no lock.
 */
@NullMarked
package dev.holdfast.cache.call;

import org.jspecify.annotations.NullMarked;
