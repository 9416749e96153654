/** The distributed rate limiter. */
@NullMarked
package dev.holdfast.ratelimit;

import org.jspecify.annotations.NullMarked;
