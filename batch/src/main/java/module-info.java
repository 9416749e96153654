/** Batched loading, bulk writes, bounded reading, and the queries that still need them. */
module dev.holdfast.batch {
    requires static context.propagation;
    requires static net.ttddyy.dsproxy;
    requires static org.jooq;
    requires static org.junit.platform.commons;
    requires static org.opentest4j;
    requires static org.postgresql.jdbc;
    requires static transitive org.jspecify;
    requires static transitive org.junit.jupiter.api;
    requires org.slf4j;
    requires transitive dev.holdfast.core;
    requires transitive java.sql;

    exports dev.holdfast.batch;
    exports dev.holdfast.batch.jdbc;
    exports dev.holdfast.batch.jooq;
    exports dev.holdfast.batch.junit;
    exports dev.holdfast.batch.keyset;
    exports dev.holdfast.batch.watch;
    exports dev.holdfast.batch.write;
    exports dev.holdfast.batch.write.jooq;
}
