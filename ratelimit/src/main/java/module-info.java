/** The distributed rate limiter. */
module dev.holdfast.ratelimit {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires transitive dev.holdfast.core;

    exports dev.holdfast.ratelimit;
}
