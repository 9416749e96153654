package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.StatementEvent;
import dev.holdfast.core.jdbc.StatementListener;
import java.util.EnumSet;
import java.util.Set;

/**
 * Tells a {@link QueryWatch} of the statements of one {@link dev.holdfast.core.jdbc.ObservedDataSource}.
 *
 * <p>Thread-safe. A listener belongs to one data source: executions of different ones are not compared.
 */
public final class WatchListener implements StatementListener {
    private final QueryWatch watch;
    private final int source;

    WatchListener(QueryWatch watch, int source) {
        this.watch = watch;
        this.source = source;
    }

    @Override
    public Set<Detail> details() {
        return switch (watch.mode()) {
            case DEVELOPMENT -> EnumSet.allOf(Detail.class);
            case SAMPLED -> EnumSet.of(Detail.BINDS, Detail.ROWS);
            case COUNTING -> EnumSet.of(Detail.ROWS);
        };
    }

    @Override
    public void onEnd(StatementEvent event) {
        if (QueryWatch.isPaused()) {
            return;
        }
        long now = event.startedAtNanos() + event.durationNanos();
        watch.ended(
                source,
                event,
                event.sql(),
                event.kind(),
                event.batchSize() > 0,
                event.binds(),
                event.durationNanos(),
                event.failure() != null,
                watch.logs(event.connectionId(), now),
                now);
    }

    @Override
    public void onValue(StatementEvent event, Object value) {
        if (!QueryWatch.isPaused()) {
            for (ScopeLog log : watch.logs(event.connectionId(), event.startedAtNanos())) {
                log.read(event, event.kind(), value);
            }
        }
    }

    @Override
    public void onResultClosed(StatementEvent event) {
        if (!QueryWatch.isPaused()) {
            watch.read(
                    event.sql(),
                    event.rows(),
                    event.durationNanos(),
                    watch.logs(event.connectionId(), event.startedAtNanos()));
        }
    }
}
