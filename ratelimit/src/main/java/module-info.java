/** The distributed rate limiter. */
module dev.holdfast.ratelimit {
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
}
