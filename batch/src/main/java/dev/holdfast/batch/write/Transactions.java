package dev.holdfast.batch.write;

/** What is stored together, and what a row that the database refuses does to the others. */
public enum Transactions {
    /**
     * All rows or none. One refused row undoes everything, and {@link BulkWriteException} names the refused rows of that
     * chunk. With a connection of the caller's, everything is undone up to where the call began, and the caller's transaction
     * goes on.
     */
    WHOLE,
    /**
     * Each chunk commits by itself, and refused rows are left out of it: they are reported, the others are stored. With a
     * connection of the caller's, nothing commits, and refused rows are left out.
     */
    PER_CHUNK
}
