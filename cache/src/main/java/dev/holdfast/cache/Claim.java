package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a node got that asked for a value and for the right to load it, in one go.
 *
 * @param bytes the value that is there, if any
 * @param token the lease, if it was granted
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
record Claim(byte @Nullable [] bytes, byte @Nullable [] token) {}
