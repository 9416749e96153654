package dev.holdfast.core.redis;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Says where to connect to; asked anew for every attempt. Belongs to the link thread. */
interface PrimarySource {
    /** Where to connect to now; completes within a bound of its own. */
    CompletableFuture<HostPort> primary();

    /** Adds someone to tell, on the link thread, as soon as the primary is another one. */
    void onMove(Consumer<HostPort> listener);

    /** Adds someone to tell, on the link thread, that an address is no primary any more. */
    default void onLeave(Consumer<HostPort> listener) {
        // Whoever has one primary only tells of moves.
    }

    /** Begins to watch. */
    void start();

    /** Ends what it holds. */
    void close();

    /** Always the same address. */
    static PrimarySource fixed(HostPort address) {
        return checked(address, () -> CompletableFuture.completedFuture(true));
    }

    /** The same address, as long as a check says so. */
    static PrimarySource checked(HostPort address, Supplier<CompletableFuture<Boolean>> check) {
        return new PrimarySource() {
            @Override
            public CompletableFuture<HostPort> primary() {
                return check.get().thenApply(still -> {
                    if (!still) {
                        throw new RedisException(address + " is not the primary any more", false, null);
                    }
                    return address;
                });
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
