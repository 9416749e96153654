package dev.holdfast.cache.revocation;

/** What a {@link RevocationList} says about a token when Redis is away and this node's copy is too old to trust. */
public enum WhenUnknown {
    /** Open: the token counts as not revoked. Users go on working; a revoked token works until Redis is back. */
    ACCEPT,
    /** Closed: the token counts as revoked. Nobody gets in by a revoked token; users are logged out while Redis is away. */
    REJECT
}
