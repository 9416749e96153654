/**
 * Certificate authorities made at run time, so that tests of TLS need no files, no tools and no expiry dates in a
 * repository.
 *
 * <p>Everything here is immutable and thread-safe; the files live as long as the JVM.
 */
@NullMarked
package dev.holdfast.testkit.tls;

import org.jspecify.annotations.NullMarked;
