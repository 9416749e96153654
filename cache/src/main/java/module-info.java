/** The two-tier cache. */
module dev.holdfast.cache {
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
    requires org.slf4j;
    requires transitive lettuce.core;
    requires transitive micrometer.core;
    requires com.github.benmanes.caffeine;


}
