package dev.holdfast.core.redis;

import io.lettuce.core.protocol.CommandWrapper;
import io.lettuce.core.protocol.RedisCommand;
import org.jspecify.annotations.Nullable;

/**
 * A command on its way through a cluster: follows MOVED and ASK, with which a node says that it did not execute it.
 *
 * <p>Passed from thread to thread, one at a time: the sender's, then that of each node that answers.
 */
final class RoutedCommand<T> extends CommandWrapper<byte[], byte[], T> {
    private static final int MAX_REDIRECTIONS = 5;

    private final ClusterRouter router;
    private int redirections;

    RoutedCommand(RedisCommand<byte[], byte[], T> command, ClusterRouter router) {
        super(command);
        this.router = router;
    }

    @Override
    public void complete() {
        String error = error();
        if (error != null && redirections < MAX_REDIRECTIONS) {
            boolean moved = error.startsWith("MOVED ");
            if ((moved || error.startsWith("ASK ")) && !isDone()) {
                redirections++;
                getOutput().setError((String) null);
                router.redirect(this, error, moved);
                return;
            }
        }
        super.complete();
    }

    private @Nullable String error() {
        return getOutput() == null ? null : getOutput().getError();
    }
}
