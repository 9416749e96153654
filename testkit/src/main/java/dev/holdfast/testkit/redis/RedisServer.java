package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.TestServer;
import dev.holdfast.testkit.process.ServerControl;
import dev.holdfast.testkit.tls.TestAuthority;
import dev.holdfast.testkit.tls.TestCertificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One Redis server: an address, a switch to break it, and a way to look inside.
 *
 * <p>Unless {@link Builder#persistent()} was called, it forgets everything when it is stopped or killed. Thread-safe; what
 * starts and stops it waits for one another.
 */
public final class RedisServer implements TestServer {

    private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(5);

    private final RedisAddress address;
    private final RedisSettings settings;
    private final ServerControl control;

    private final Snapshots snapshots;
    private volatile @Nullable RedisBaseline baseline;

    RedisServer(RedisAddress address, RedisSettings settings, ServerControl control, Snapshots snapshots) {
        this.address = address;
        this.settings = settings;
        this.control = control;
        this.snapshots = snapshots;
    }

    /**
     * Begins the description of a server.
     *
     * @return a builder for a server without password, TLS and persistence
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String host() {
        return address.host();
    }

    @Override
    public int port() {
        return address.port();
    }

    /**
     * Returns the address as Lettuce, Jedis and others read it, with the password if there is one.
     *
     * @return {@code redis://[:password@]host:port}, or {@code rediss://} with TLS
     */
    public String uri() {
        return address.uri();
    }

    /**
     * Returns the address for an ACL user.
     *
     * @param user the name given to {@link Builder#user(String, String, String)}
     * @return the address with the user's name and password
     * @throws IllegalArgumentException if there is no such user
     */
    public String uriFor(String user) {
        return settings.users.stream()
                .filter(candidate -> candidate.name().equals(user))
                .findFirst()
                .map(found -> address.as(found.name(), found.password()).uri())
                .orElseThrow(() -> new IllegalArgumentException("no user " + user + " on " + this));
    }

    /**
     * Returns the authority that signed the server's certificate.
     *
     * @return the authority, or empty if the server does not speak TLS
     */
    public Optional<TestAuthority> authority() {
        return Optional.ofNullable(settings.tls).map(RedisSettings.Tls::authority);
    }

    /**
     * Sends one command over a connection of its own, logged in as the default user.
     *
     * @param words the command and its arguments, as in {@code command("GET", "key")}
     * @return the answer
     * @throws RedisReplyException if the answer is an error
     * @throws ServerException if there is no answer within 5 s, as from a server that is paused
     */
    public RedisReply command(String... words) {
        try (RespClient client = client()) {
            return client.call(words);
        }
    }

    /**
     * Opens a connection, logged in as the default user.
     *
     * @return the connection; the caller closes it
     * @throws ServerException if there is no answer within 5 s
     */
    public RespClient client() {
        return client(COMMAND_TIMEOUT);
    }

    /**
     * Opens a connection with its own patience.
     *
     * @param timeout how long to wait for a connection, and for each answer
     * @return the connection, logged in as the default user; the caller closes it
     * @throws ServerException if there is no answer in time
     */
    public RespClient client(Duration timeout) {
        return address.connect(timeout);
    }

    /**
     * Returns one field of {@code INFO}.
     *
     * @param field its name, for example {@code connected_clients} or {@code role}
     * @return its value, or empty if the server does not report it
     */
    public Optional<String> info(String field) {
        return String.valueOf(command("INFO").text())
                .lines()
                .filter(line -> line.startsWith(field + ":"))
                .map(line -> line.substring(field.length() + 1).strip())
                .findFirst();
    }

    @Override
    public void start() {
        if (!isRunning() && !settings.persistent) {
            snapshots.forget();
        }
        control.start();
    }

    @Override
    public void stop() {
        control.stop();
    }

    /** Stops the server in an orderly way and starts it on the same port; what it held in memory only is lost. */
    public void restart() {
        stop();
        start();
    }

    /** Saves a snapshot, stops the server and starts it on the same port with the same data. */
    public void restartKeepingData() {
        command("SAVE");
        snapshots.keep();
        control.stop();
        control.start();
        if (!settings.persistent) {
            snapshots.forget();
        }
    }

    /**
     * Brings the server back to what it was after its start: running, not paused, empty, with its configuration, users and
     * scripts of then, and a primary. Restarts it if nothing less helps.
     *
     * <p>Of a server that was there before the test, only the database named by its URL is emptied.
     *
     * @throws ServerException if that fails
     */
    public void reset() {
        if (!isBreakable()) {
            command("FLUSHDB");
            return;
        }
        boolean untouched = isRunning();
        resume();
        start();
        try (RespClient client = client()) {
            if (untouched) {
                client.call("REPLICAOF", "NO", "ONE");
                client.call("FLUSHALL");
                restoreSettings(client);
            }
        } catch (ServerException e) {
            // Locked out, disguised or stuck: a new process knows nothing of that.
            restart();
        }
    }

    /** Restores the configuration, leaving data and role alone. */
    void restoreSettings(RespClient client) {
        RedisBaseline known = baseline;
        if (known == null) {
            throw new ServerException(this + " does not show its configuration");
        }
        known.restore(client);
    }

    /** Notes the configuration as the one to come back to. */
    RedisServer started() {
        try (RespClient client = client()) {
            baseline = RedisBaseline.of(client).orElse(null);
        }
        return this;
    }

    @Override
    public void kill() {
        control.kill();
    }

    @Override
    public void pause() {
        control.pause();
    }

    @Override
    public void resume() {
        control.resume();
    }

    @Override
    public boolean isRunning() {
        return control.isRunning();
    }

    @Override
    public boolean isPaused() {
        return control.isPaused();
    }

    @Override
    public boolean isBreakable() {
        return control.isBreakable();
    }

    @Override
    public String output() {
        return control.output();
    }

    @Override
    public void close() {
        control.close();
    }

    /** The address without credentials. */
    @Override
    public String toString() {
        return address.toString();
    }

    /** Describes a server; not thread-safe. */
    public static final class Builder {

        private @Nullable String password;
        private final List<RedisSettings.User> users = new ArrayList<>();
        private RedisSettings.@Nullable Tls tls;
        private boolean persistent;
        private final List<List<String>> directives = new ArrayList<>();

        private Builder() {}

        /**
         * Requires a password of the default user.
         *
         * @param text the password, not blank
         * @return this builder
         */
        public Builder password(String text) {
            this.password = RedisSettings.require(text, "password");
            return this;
        }

        /**
         * Adds an ACL user.
         *
         * @param name its name
         * @param text its password
         * @param rules its rights, for example {@code "~hf:* &* +@all"}
         * @return this builder
         */
        public Builder user(String name, String text, String rules) {
            users.add(new RedisSettings.User(
                    RedisSettings.require(name, "name"),
                    RedisSettings.require(text, "password"),
                    RedisSettings.require(rules, "rules")));
            return this;
        }

        /**
         * Speaks TLS only, with a certificate for {@code localhost} and {@code 127.0.0.1} by a new authority.
         *
         * @return this builder
         */
        public Builder tls() {
            TestAuthority authority = TestAuthority.create();
            return tls(authority, authority.issue("localhost", "127.0.0.1"));
        }

        /**
         * Speaks TLS only, with a given certificate, for example one that has expired or is for another host.
         *
         * @param authority whom the server trusts, if it asks for certificates of clients
         * @param certificate the server's own
         * @return this builder
         */
        public Builder tls(TestAuthority authority, TestCertificate certificate) {
            this.tls = new RedisSettings.Tls(authority, certificate);
            return this;
        }

        /**
         * Limits the memory for data.
         *
         * @param size as Redis writes it, for example {@code 64mb}
         * @param policy what happens beyond, for example {@code allkeys-lru}
         * @return this builder
         */
        public Builder maxMemory(String size, String policy) {
            return directive("maxmemory", size).directive("maxmemory-policy", policy);
        }

        /**
         * Writes every change to disk before it is acknowledged, so that data survives {@code kill} and {@code restart}.
         *
         * @return this builder
         */
        public Builder persistent() {
            this.persistent = true;
            return this;
        }

        /**
         * Adds a line to the configuration file.
         *
         * @param name the directive
         * @param values its values, quoted where needed
         * @return this builder
         */
        public Builder directive(String name, String... values) {
            directives.add(RedisSettings.line(name, values));
            return this;
        }

        /**
         * Starts the server and waits until it answers.
         *
         * @return the server; the caller closes it
         * @throws ServerException if it does not start; the message names the remedy or has its output
         */
        public RedisServer start() {
            return RedisSources.standalone(settings()).started();
        }

        RedisSettings settings() {
            return new RedisSettings(password, users, tls, persistent, directives);
        }
    }
}
