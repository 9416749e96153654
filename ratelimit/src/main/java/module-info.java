/** The distributed rate limiter. */
module dev.holdfast.ratelimit {
    requires static transitive org.jspecify;
    requires static transitive jdk.httpserver; // only package http
    requires static transitive jakarta.servlet; // only package servlet
    requires org.slf4j;
    requires transitive dev.holdfast.core;

    exports dev.holdfast.ratelimit;
    exports dev.holdfast.ratelimit.http;
    exports dev.holdfast.ratelimit.servlet;
}
