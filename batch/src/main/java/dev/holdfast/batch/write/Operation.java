package dev.holdfast.batch.write;

/** What is done with rows. */
enum Operation {
    UPDATE,
    INSERT,
    UPSERT,
    DELETE
}
