package dev.holdfast.testkit.postgres;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.process.Await;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two PostgreSQL servers: a primary, and a replica that follows it by streaming and answers reads.
 *
 * <p>Replication is asynchronous: a commit does not wait for the replica. Thread-safe; {@link #primary()} and
 * {@link #replica()} change places only by {@link #switchRoles()}.
 */
public final class PostgresReplicated implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    /** For one answer of a server that runs and is not frozen. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /** Guards the change of roles; held while the servers change. */
    private final ReentrantLock lock = new ReentrantLock();

    private volatile Pair pair;

    private record Pair(PostgresNode primary, PostgresNode replica) {

        Pair swapped() {
            return new Pair(/* primary= */ replica, /* replica= */ primary);
        }
    }

    private PostgresReplicated(Pair pair) {
        this.pair = pair;
    }

    static PostgresReplicated start(Map<String, String> settings) {
        PostgresNode primary = EmbeddedPostgres.start(settings);
        try {
            PostgresNode replica = EmbeddedPostgres.startStandby(settings, primary.server());
            PostgresReplicated replicated = new PostgresReplicated(new Pair(primary, replica));
            try {
                replicated.awaitStreaming();
                return replicated;
            } catch (RuntimeException e) {
                replica.server().close();
                throw e;
            }
        } catch (RuntimeException e) {
            primary.server().close();
            throw e;
        }
    }

    /** Two servers that replicate already. */
    static PostgresReplicated of(PostgresServer primary, PostgresServer replica) {
        return new PostgresReplicated(new Pair(new PostgresNode(primary, null), new PostgresNode(replica, null)));
    }

    /**
     * Returns the server that was started as the primary, or became it by {@link #switchRoles()}.
     *
     * @return the primary
     */
    public PostgresServer primary() {
        return pair.primary().server();
    }

    /**
     * Returns the server that was started as the replica, or became it by {@link #switchRoles()}. It stays the replica in
     * the sense of this method after {@link #promoteReplica()}, although it takes writes then.
     *
     * @return the replica
     */
    public PostgresServer replica() {
        return pair.replica().server();
    }

    /**
     * Waits until the replica shows everything that is committed on the primary now.
     *
     * @throws ServerException if that takes more than 20 s, as when the replay is paused, or a server cannot be asked
     */
    public void awaitReplication() {
        String target = ask(primary(), "SELECT pg_current_wal_insert_lsn()");
        Await.until(
                "the replica has replayed " + target,
                TIMEOUT,
                () -> Boolean.parseBoolean(
                        ask(replica(), "SELECT (pg_last_wal_replay_lsn() >= '" + target + "'::pg_lsn)::text")));
    }

    /**
     * Returns how far the replica is behind.
     *
     * @return bytes of the write-ahead log that the primary has written and the replica has not replayed; 0 or more
     * @throws ServerException if a server cannot be asked
     */
    public long lagBytes() {
        String written = ask(primary(), "SELECT pg_current_wal_insert_lsn()");
        return Math.max(
                0,
                Long.parseLong(
                        ask(replica(), "SELECT ('" + written + "'::pg_lsn - pg_last_wal_replay_lsn())::bigint::text")));
    }

    /**
     * Stops the replica from showing what it receives, so that it falls behind while it answers reads; returns when that is so.
     *
     * @throws ServerException if the replica cannot be asked
     */
    public void pauseReplay() {
        ask(replica(), "SELECT pg_wal_replay_pause()::text");
        Await.until(
                "the replica has paused its replay",
                TIMEOUT,
                () -> ask(replica(), "SELECT pg_get_wal_replay_pause_state()").equals("paused"));
    }

    /**
     * Lets a replica whose replay was paused catch up.
     *
     * @throws ServerException if the replica cannot be asked
     */
    public void resumeReplay() {
        ask(replica(), "SELECT pg_wal_replay_resume()::text");
    }

    /**
     * Makes the replica take writes, as a failover does, and returns when it does. The primary is left as it is, alive or not;
     * the two go their own ways from here.
     *
     * @throws ServerException if the replica does not become a primary within 20 s
     * @throws UnsupportedServerException if it is not the testkit's
     */
    public void promoteReplica() {
        lock.lock();
        try {
            if (!replica().isBreakable()) {
                throw new UnsupportedServerException(replica() + " is not promoted: it is not the testkit's");
            }
            promote(replica());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Makes the replica the primary and the primary its replica, as a planned switch-over does; nothing is lost. Connections to
     * the primary are ended. Afterwards {@link #primary()} and {@link #replica()} have changed places.
     *
     * @throws ServerException if one of the servers does not take its new role within 20 s
     * @throws UnsupportedServerException if they are not the testkit's
     */
    public void switchRoles() {
        lock.lock();
        try {
            Pair before = pair;
            awaitReplication();
            // An orderly stop hands over the last of the log.
            before.primary().server().stop();
            promote(before.replica().server());
            before.primary().follow(before.replica().server());
            before.primary().server().start();
            pair = before.swapped();
            awaitStreaming();
        } finally {
            lock.unlock();
        }
    }

    private static void promote(PostgresServer server) {
        String promotion = "SELECT pg_promote(true, " + TIMEOUT.toSeconds() + ")::text";
        if (!Boolean.parseBoolean(server.ask(promotion, TIMEOUT.plus(PATIENCE)))) {
            throw new ServerException(server + " did not become a primary within " + TIMEOUT.toSeconds() + " s");
        }
    }

    private void awaitStreaming() {
        Await.until(
                "the replica follows",
                TIMEOUT,
                () -> replica().output(),
                () -> ask(primary(), "SELECT coalesce(max(state), '') FROM pg_stat_replication")
                        .equals("streaming"));
    }

    private static String ask(PostgresServer server, String sql) {
        return server.ask(sql, PATIENCE);
    }

    /** Ends both servers and deletes what they stored. */
    @Override
    public void close() {
        // The replica first: a primary that stops waits for a replica that is frozen.
        try {
            replica().close();
        } finally {
            primary().close();
        }
    }

    @Override
    public String toString() {
        return "primary " + primary() + ", replica " + replica();
    }
}
