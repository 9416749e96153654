package dev.holdfast.core.redis;

import java.util.concurrent.CompletableFuture;

/** Says where to connect to; asked anew for every attempt. Thread-safe. */
interface PrimarySource {
    /** Where to connect to now; completes within a bound of its own. */
    CompletableFuture<HostPort> primary();

    /** Always the same address, as the mapper translates it. */
    static PrimarySource fixed(HostPort address) {
        return () -> CompletableFuture.completedFuture(address);
    }
}
