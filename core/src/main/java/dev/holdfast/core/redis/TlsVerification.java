package dev.holdfast.core.redis;

/** How far the certificate of a TLS server is checked. */
public enum TlsVerification {
    /** Signed by a trusted authority, and issued for the host that was asked for. */
    FULL,
    /** Signed by a trusted authority, for whatever host: for servers known by changing addresses. */
    AUTHORITY,
    /** Not at all: encrypts, but trusts anyone. A problem in production. */
    NONE
}
