/** An adapter for servlet containers; needs {@code jakarta.servlet-api} 6.0 or later, which containers bring. */
@NullMarked
package dev.holdfast.ratelimit.servlet;

import org.jspecify.annotations.NullMarked;
