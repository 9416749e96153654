package dev.holdfast.batch.watch;

import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The logs of connections that are used outside of any scope: one per connection, begun anew after a second of rest.
 *
 * <p>Thread-safe and bounded: beyond {@value #MAXIMUM} connections those at rest are forgotten, or all.
 */
final class ConnectionLogs {
    private static final int MAXIMUM = 1_000;
    private static final long REST_NANOS = 1_000_000_000;

    private final ConcurrentHashMap<Long, ScopeLog> logs = new ConcurrentHashMap<>();
    private final Supplier<ScopeLog> fresh;

    ConnectionLogs(Supplier<ScopeLog> fresh) {
        this.fresh = fresh;
    }

    ScopeLog of(long connection, long now) {
        ScopeLog log = logs.get(connection);
        if (log != null && !log.isIdle(now, REST_NANOS)) {
            return log;
        }
        if (logs.size() >= MAXIMUM) {
            logs.values().removeIf(each -> each.isIdle(now, REST_NANOS));
            if (logs.size() >= MAXIMUM) {
                logs.clear();
            }
        }
        ScopeLog begun = fresh.get();
        begun.usedAt(now);
        logs.put(connection, begun);
        return begun;
    }
}
