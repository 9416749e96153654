package dev.holdfast.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Asks {@link Servers} for a server of the test's own, which it may break. */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.PARAMETER)
public @interface Exclusive {

    /**
     * Tells several servers of one type apart.
     *
     * @return a name; the same name is the same server within a test
     */
    String value() default "";
}
