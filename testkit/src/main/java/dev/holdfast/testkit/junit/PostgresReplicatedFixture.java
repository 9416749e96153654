package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.postgres.PostgresReplicated;
import dev.holdfast.testkit.postgres.PostgresServers;
import java.util.Optional;

/** Gives {@link PostgresReplicated} parameters to {@link Servers}; a pair each, since a change of roles is not undone. */
public final class PostgresReplicatedFixture implements ServerFixture<PostgresReplicated> {

    /** Called by {@link java.util.ServiceLoader}. */
    public PostgresReplicatedFixture() {}

    @Override
    public Class<PostgresReplicated> type() {
        return PostgresReplicated.class;
    }

    @Override
    public PostgresReplicated start(Shared shared) {
        return PostgresServers.withReplica();
    }

    @Override
    public boolean isShareable() {
        return false;
    }

    @Override
    public Optional<String> unsupported(ServerSource source) {
        return source == ServerSource.CONTAINERS
                ? Optional.of("a PostgreSQL replica is not there with " + ServerSource.PROPERTY + "=" + source)
                : Optional.empty();
    }
}
