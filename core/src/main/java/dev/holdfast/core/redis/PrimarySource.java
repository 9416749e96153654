package dev.holdfast.core.redis;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Says where to connect to; asked anew for every attempt. Belongs to the link thread. */
interface PrimarySource {
    /** Where to connect to now; completes within a bound of its own. */
    CompletableFuture<HostPort> primary();

    /** Adds someone to tell, on the link thread, as soon as the primary is another one. */
    void onMove(Consumer<HostPort> listener);

    /** Begins to watch. */
    void start();

    /** Ends what it holds. */
    void close();

    /** Always the same address. */
    static PrimarySource fixed(HostPort address) {
        return new PrimarySource() {
            @Override
            public CompletableFuture<HostPort> primary() {
                return CompletableFuture.completedFuture(address);
            }

            @Override
            public void onMove(Consumer<HostPort> listener) {
                // Never moves.
            }

            @Override
            public void start() {
                // Nothing to watch.
            }

            @Override
            public void close() {
                // Holds nothing.
            }
        };
    }
}
