/** What the other Holdfast modules stand on: the Redis link, configuration problems, the health SPI, time and threads. */
module dev.holdfast.core {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires io.github.resilience4j.circuitbreaker;
    requires io.github.resilience4j.core;
    requires io.netty.common;
    requires io.netty.transport;
    requires transitive java.sql;
    requires transitive lettuce.core;
    requires transitive micrometer.core;

    exports dev.holdfast.core;
    exports dev.holdfast.core.health;
    exports dev.holdfast.core.jdbc;
    exports dev.holdfast.core.redis;
}
