/** Health reports from scheduled probes. */
@NullMarked
package dev.holdfast.health;

import org.jspecify.annotations.NullMarked;
