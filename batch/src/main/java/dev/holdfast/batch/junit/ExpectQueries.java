package dev.holdfast.batch.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Fails a test that runs more statements than expected, or an N+1.
 *
 * <pre>{@code
 * @Test
 * @ExpectQueries(max = 3)
 * void orders_areListed_inThreeStatements() { … }
 * }</pre>
 *
 * <p>Counts what runs on every data source that a live {@link dev.holdfast.batch.watch.QueryWatch} watches, from whatever thread,
 * from behind {@code @BeforeEach} to before {@code @AfterEach}. Tests that run beside it on the same data source are counted
 * too: do not run them in parallel. On a class it holds for each of its tests; an annotation of the method takes precedence.
 */
@Documented
@Inherited
@ExtendWith(ExpectQueriesExtension.class)
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface ExpectQueries {
    /**
     * The most statements that may run; a batch counts as one.
     *
     * @return no limit by default
     */
    long max() default Long.MAX_VALUE;

    /**
     * The fewest statements that must run, which guards against a test that watches the wrong data source.
     *
     * @return 0 by default
     */
    long min() default 0;

    /**
     * What becomes of N+1 queries.
     *
     * @return by default they fail the test
     */
    NPlusOne nPlusOne() default NPlusOne.FORBID;
}
