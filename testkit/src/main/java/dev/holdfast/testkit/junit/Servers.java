package dev.holdfast.testkit.junit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Gives servers to the parameters of test methods, of {@code @BeforeEach} and {@code @BeforeAll} methods, and of
 * constructors, whatever server type the parameter has.
 *
 * <pre>{@code
 * @Servers
 * class CartTest {
 *     @Test
 *     void survivesAFrozenRedis(@Exclusive RedisServer redis, FaultProxy proxy) {
 *         ...
 *     }
 * }
 * }</pre>
 *
 * <ul>
 *   <li>A plain parameter gets the server that all tests of this JVM <em>share</em>. It is started once, and before each
 *       test that has it, it is running, empty and configured as at the beginning.
 *   <li>A parameter with {@link Exclusive} gets a server <em>of its own</em>, which the test may break and change as it
 *       likes; it ends with the test.
 *   <li>A {@link dev.holdfast.testkit.fault.FaultProxy} parameter gets a new proxy without faults in front of the server
 *       parameter before it.
 * </ul>
 *
 * <p>Within a test, {@code @BeforeEach} and the test itself get the same objects. What a constructor or {@code @BeforeAll}
 * gets for itself lasts until the end of the class, and its tests get the same.
 *
 * <p>What the chosen {@link dev.holdfast.testkit.ServerSource} cannot provide skips the test with a reason; so does an
 * {@link dev.holdfast.testkit.UnsupportedServerException} that leaves a test. Since servers are shared, tests with this
 * annotation never run in parallel with each other.
 */
@Documented
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.METHOD})
@ExtendWith(ServersExtension.class)
@ResourceLock("dev.holdfast.testkit.servers")
public @interface Servers {}
