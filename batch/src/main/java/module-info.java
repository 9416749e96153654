/** Batched loading, bulk writes and bounded reading. */
module dev.holdfast.batch {
    requires org.slf4j;
    requires static context.propagation;
    requires static net.ttddyy.dsproxy;
    requires static org.jooq;
    requires static transitive org.junit.jupiter.api;
    requires static org.junit.platform.commons;
    requires static org.opentest4j;
    requires static org.postgresql.jdbc;
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
    requires transitive java.sql;

    exports dev.holdfast.batch.junit;
    exports dev.holdfast.batch.watch;
    exports dev.holdfast.batch.jdbc;
    exports dev.holdfast.batch.jooq;
    exports dev.holdfast.batch;
}
