/** The two-tier cache: Caffeine in the process, Redis behind it, coherent across nodes. */
module dev.holdfast.cache {
    requires static transitive org.jspecify;
    requires static context.propagation;
    requires static com.github.luben.zstd_jni;
    requires static com.fasterxml.jackson.databind;
    requires static org.jooq;
    requires static tools.jackson.databind;
    requires transitive java.sql;
    requires org.slf4j;
    requires transitive com.github.benmanes.caffeine;
    requires transitive dev.holdfast.core;

    exports dev.holdfast.cache;
    exports dev.holdfast.cache.jackson;
    exports dev.holdfast.cache.jackson3;
    exports dev.holdfast.cache.jooq;
    exports dev.holdfast.cache.tx;
    exports dev.holdfast.cache.zstd;
}
