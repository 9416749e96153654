/** An adapter for the HTTP server of the JDK; needs the module {@code jdk.httpserver}. */
@NullMarked
package dev.holdfast.ratelimit.http;

import org.jspecify.annotations.NullMarked;
