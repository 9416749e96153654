package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a server must be to serve the purpose of a connection. */
enum Role {
    /** Takes writes. */
    PRIMARY,
    /** Names the primary. */
    SENTINEL,
    /** Knows its cluster. */
    CLUSTER_NODE;

    /** Judges the answer to ROLE; null if all is well. */
    @Nullable
    Throwable mismatch(List<Object> reply, HostPort address, RedisMode mode) {
        String name = reply.isEmpty() || !(reply.get(0) instanceof byte[] bytes)
                ? ""
                : new String(bytes, StandardCharsets.US_ASCII);
        boolean sentinel = name.equals("sentinel");
        if (this == SENTINEL) {
            return sentinel
                    ? null
                    : refused(
                            name,
                            address + " is a Redis, not a Sentinel",
                            "name the Sentinels, usually at port 26379",
                            true);
        }
        if (sentinel) {
            return refused(name, address + " is a Sentinel, not a Redis", "use redis-sentinel://…#primaryName", true);
        }
        if (this == CLUSTER_NODE) {
            return null;
        }
        // Servers of other make have other names for a role that takes writes.
        if (name.equals("slave") || name.equals("replica")) {
            String message = address + " is a replica and takes no writes";
            return mode == RedisMode.STANDALONE
                    ? refused(name, message, "name the primary, or use redis-sentinel:// to follow it", false)
                    : new RedisException(message + " yet", false, null);
        }
        return null;
    }

    private static RefusedException refused(String role, String message, String remedy, boolean lasting) {
        return new RefusedException(Problem.error("redis.role", "role", role, message, remedy), lasting, null);
    }
}
