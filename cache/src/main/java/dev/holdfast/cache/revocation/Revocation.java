package dev.holdfast.cache.revocation;

/**
 * One thing revoked.
 *
 * @param fingerprint the token or the subject
 * @param millis of a token, when it expires; of a subject, before when a token must have been issued to be revoked
 * @param untilMillis when nothing can depend on it any more
 */
record Revocation(Fingerprint fingerprint, long millis, long untilMillis) {
    /** The one that revokes more. */
    Revocation max(Revocation other) {
        return other.millis > millis ? other : this;
    }
}
