/**
 * Calls as cached values: {@link dev.holdfast.cache.call.Cached} puts caches in front of a service or a function, and {@link
 * dev.holdfast.cache.call.KeyHash} turns the arguments of a call into a key.
 *
 * <p>Stands on the public door of the cache and nothing behind it. {@code MethodPlan} is what an annotated method means,
 * checked when the service is wrapped; {@code CachedService} carries it out. Everything here is immutable, owns no thread and
 * takes no lock; implementations run where the cache runs its loaders.
 */
@NullMarked
package dev.holdfast.cache.call;

import org.jspecify.annotations.NullMarked;
