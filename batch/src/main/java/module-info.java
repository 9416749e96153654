/** Batched loading, bulk writes and bounded reading. */
module dev.holdfast.batch {
    requires static org.jooq;
    requires static org.postgresql.jdbc;
    requires static transitive org.jspecify;
    requires org.slf4j;
    requires transitive dev.holdfast.core;
    requires transitive java.sql;

    exports dev.holdfast.batch.keyset;
    exports dev.holdfast.batch.write;
    exports dev.holdfast.batch.write.jooq;
}
