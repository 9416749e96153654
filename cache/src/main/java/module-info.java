/** The two-tier cache: Caffeine in the process, Redis behind it, coherent across nodes. */
module dev.holdfast.cache {
    requires static com.fasterxml.jackson.databind;
    requires static com.github.luben.zstd_jni;
    requires static context.propagation;
    requires static org.jooq;
    requires static tools.jackson.databind;
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires transitive com.github.benmanes.caffeine;
    requires transitive dev.holdfast.core;
    requires transitive java.sql;

    exports dev.holdfast.cache.call;
    exports dev.holdfast.cache.jackson3;
    exports dev.holdfast.cache.jackson;
    exports dev.holdfast.cache.jooq;
    exports dev.holdfast.cache.revocation;
    exports dev.holdfast.cache.tx;
    exports dev.holdfast.cache.warming;
    exports dev.holdfast.cache.zstd;
    exports dev.holdfast.cache;
}
