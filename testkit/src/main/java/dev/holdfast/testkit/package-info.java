/** Real servers for tests, and the faults to break them with. */
@NullMarked
package dev.holdfast.testkit;

import org.jspecify.annotations.NullMarked;
