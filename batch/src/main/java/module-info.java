/** Batched loading, bulk writes and bounded reading. */
module dev.holdfast.batch {
    requires static transitive org.jspecify;
    requires transitive dev.holdfast.core;
}
