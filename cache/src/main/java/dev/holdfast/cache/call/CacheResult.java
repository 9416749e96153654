package dev.holdfast.cache.call;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The result of the method comes from a cache, which calls the implementation for what it does not have; see {@link
 * Cached#wrap}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface CacheResult {
    /**
     * Which cache holds the results. Each method has one of its own.
     *
     * @return a {@linkplain dev.holdfast.cache.TieredCache#name name} of one of the caches given
     */
    String value();
}
