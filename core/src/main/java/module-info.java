/** What the other modules stand on: configuration problems, profiles, secrets, time. */
module dev.holdfast.core {
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires transitive lettuce.core;
    requires transitive micrometer.core;
    requires io.github.resilience4j.circuitbreaker;


}
