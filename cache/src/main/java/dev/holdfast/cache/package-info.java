/** The two-tier cache. */
@NullMarked
package dev.holdfast.cache;

import org.jspecify.annotations.NullMarked;
