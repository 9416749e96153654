package dev.holdfast.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Fails a test class that leaves threads behind, or during which any thread dies of an exception.
 *
 * <ul>
 *   <li><em>Threads</em>: five seconds after the last test and {@code @AfterAll}, no thread may be alive that was started
 *       since the class began. The message has their names and stacks.
 *   <li><em>Exceptions</em>: an exception that nobody catches, on any thread, fails the test that runs at that moment; if
 *       none does, the class. Threads with a handler of their own are their owner's business.
 * </ul>
 *
 * <p>Virtual threads are not seen: the JVM does not tell of them. Not counted are threads of the JDK, of JUnit, of Awaitility and of the testkit that live as long as the JVM, and those
 * whose names {@link #except()} matches. A class with this annotation never runs in parallel with another, whose threads it
 * would see.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
@ExtendWith(NoLeaksExtension.class)
@Isolated
public @interface NoLeaks {

    /**
     * Names threads that may stay.
     *
     * @return regular expressions, each for the whole name of a thread
     */
    String[] except() default {};
}
