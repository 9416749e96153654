package dev.holdfast.cache.call;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * The method changes what a cache holds: when it has returned, or thrown, the cache is told. By default about the key that
 * the parameters form.
 *
 * <p>The implementation must have committed when it returns, or its future completes.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@Repeatable(CacheInvalidate.All.class)
public @interface CacheInvalidate {
    /**
     * Which cache is told.
     *
     * @return a {@linkplain dev.holdfast.cache.TieredCache#name name} of one of the caches given
     */
    String value();

    /**
     * What becomes invalid instead of a key: everything that carries one of these tags.
     *
     * @return tags
     */
    String[] tags() default {};

    /**
     * Whether everything becomes invalid instead of a key.
     *
     * @return true for {@link dev.holdfast.cache.TieredCache#clear}
     */
    boolean everything() default false;

    /** Several on one method. */
    @Documented
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.METHOD)
    @interface All {
        /**
         * Each of them.
         *
         * @return in the order they are carried out
         */
        CacheInvalidate[] value();
    }
}
