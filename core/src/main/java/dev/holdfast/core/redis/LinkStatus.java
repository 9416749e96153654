package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import org.jspecify.annotations.Nullable;

/**
 * What a caller needs to know of the link, in one volatile read.
 *
 * @param state the state
 * @param generation number of connection and topology
 * @param commands where operations go; null unless {@link LinkState#UP}
 * @param reason why the link is in this state, free of secrets
 * @param refusing what callers are told unless the link is up; worded once, since they may be many
 * @param cause what brought it down, if anything, free of secrets
 * @param refusal why the server refuses us, if it does
 */
record LinkStatus(
        LinkState state,
        long generation,
        @Nullable RedisClusterAsyncCommands<byte[], byte[]> commands,
        String reason,
        String refusing,
        @Nullable Throwable cause,
        @Nullable Problem refusal) {

    private LinkStatus(
            LinkState state,
            long generation,
            @Nullable RedisClusterAsyncCommands<byte[], byte[]> commands,
            String reason,
            @Nullable Throwable cause,
            @Nullable Problem refusal) {
        this(
                state,
                generation,
                commands,
                reason,
                "Redis is " + state + " (" + reason + "): nothing was sent, this node works alone",
                cause,
                refusal);
    }

    static LinkStatus initial() {
        return new LinkStatus(LinkState.CONNECTING, 0, null, "not connected yet", null, null);
    }

    LinkStatus up(RedisClusterAsyncCommands<byte[], byte[]> on, String why) {
        return new LinkStatus(LinkState.UP, generation + 1, on, why, null, null);
    }

    LinkStatus down(String why, @Nullable Throwable because, @Nullable Problem refused) {
        return new LinkStatus(LinkState.DOWN, generation, null, why, because, refused);
    }

    LinkStatus closed() {
        return new LinkStatus(LinkState.CLOSED, generation, null, "closed", null, null);
    }

    RedisUnavailableException unavailable() {
        return new RedisUnavailableException(refusing, cause);
    }
}
