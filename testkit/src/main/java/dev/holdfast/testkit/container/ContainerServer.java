package dev.holdfast.testkit.container;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.command.InspectContainerResponse.ContainerState;
import com.github.dockerjava.api.exception.DockerException;
import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.Await;
import dev.holdfast.testkit.process.Ports;
import dev.holdfast.testkit.process.ServerControl;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.AbstractWaitStrategy;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;

/**
 * A server in a container, on a port of the host that stays the same over restarts.
 *
 * <p>Thread-safe. Frozen and killed as a whole: the container engine freezes all processes of a container, and kills its
 * first one, with which the kernel kills the others. That is the engine's own init and not the server, whose children
 * would otherwise see it die and tell their clients before their own end.
 */
public final class ContainerServer implements ServerControl {

    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost");
    private static final Duration START_TIMEOUT = Duration.ofSeconds(90);
    private static final int OUTPUT_LINES = 200;

    /** For whatever user the image runs as. */
    private static final int READABLE = 0644;

    private final String image;
    private final String host;
    private final int port;
    private final GenericContainer<?> container;
    private final Readiness readiness;

    /** Guards every change of state; held while the server starts and stops. */
    private final ReentrantLock lock = new ReentrantLock();

    private boolean created;
    private boolean closed;

    private ContainerServer(Builder builder) {
        this.image = builder.image;
        this.readiness = builder.readiness;
        this.host = DockerClientFactory.instance().dockerHostIpAddress();
        this.port = Ports.take();
        this.container = new GenericContainer<>(DockerImageName.parse(image))
                .withEnv(builder.environment)
                .withCommand(builder.arguments.toArray(String[]::new))
                .waitingFor(new Elsewhere());
        builder.files.forEach(
                (path, content) -> container.withCopyToContainer(Transferable.of(content, READABLE), path));
        container.withCreateContainerCmdModifier(command -> {
            Objects.requireNonNull(command.getHostConfig()).withInit(true);
            if (!builder.entrypoint.isEmpty()) {
                command.withEntrypoint(builder.entrypoint);
            }
            if (!builder.user.isEmpty()) {
                command.withUser(builder.user);
            }
        });
        String address = LOOPBACK.contains(host) ? "127.0.0.1:" : "";
        container.setPortBindings(List.of(address + port + ":" + builder.port));
    }

    /**
     * Begins the description of a server.
     *
     * @param image name and tag, for example {@code postgres:17}
     * @param port where the server listens within its container
     * @return a builder
     */
    public static Builder builder(String image, int port) {
        return new Builder(image, port);
    }

    /**
     * Returns the host to connect to.
     *
     * @return that of the container engine
     */
    public String host() {
        return host;
    }

    /**
     * Returns the port to connect to.
     *
     * @return a port of the host
     */
    public int port() {
        return port;
    }

    @Override
    public void start() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException(this + " is closed");
            }
            if (!created) {
                container.start();
                created = true;
            } else if (isRunning()) {
                return;
            } else {
                docker().startContainerCmd(container.getContainerId()).exec();
            }
            Await.until(this + " is ready", START_TIMEOUT, () -> "; its last output:\n" + output(), () -> {
                if (!isRunning()) {
                    throw new Await.Aborted(
                            new ServerException(this + " ended before it was ready; its last output:\n" + output()));
                }
                return readiness.holds(this);
            });
        } catch (DockerException e) {
            throw new ServerException("cannot start " + this, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void stop() {
        change("stop", id -> {
            resume();
            docker().stopContainerCmd(id).withTimeout(10).exec();
        });
    }

    @Override
    public void kill() {
        change("kill", id -> {
            // The engine does not kill what it has frozen.
            resume();
            docker().killContainerCmd(id).exec();
        });
    }

    @Override
    public void pause() {
        lock.lock();
        try {
            if (!isRunning()) {
                throw new IllegalStateException(this + " cannot be paused: it does not run");
            }
            if (!isPaused()) {
                change("pause", id -> docker().pauseContainerCmd(id).exec());
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void resume() {
        lock.lock();
        try {
            if (isPaused()) {
                change("resume", id -> docker().unpauseContainerCmd(id).exec());
            }
        } finally {
            lock.unlock();
        }
    }

    /** A change of a container that runs; does nothing to another. */
    private void change(String what, Consumer<String> change) {
        lock.lock();
        try {
            if (isRunning()) {
                change.accept(container.getContainerId());
            }
        } catch (DockerException e) {
            throw new ServerException("cannot " + what + " " + this, e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Runs a program in the running container.
     *
     * @param command program and arguments
     * @throws ServerException if it cannot be run, or ends with another code than 0
     */
    public void execute(String... command) {
        lock.lock();
        try {
            ExecResult result = container.execInContainer(command);
            if (result.getExitCode() != 0) {
                throw new ServerException(command[0] + " ended with code " + result.getExitCode() + " in " + this + ": "
                        + result.getStderr());
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new ServerException("cannot run " + command[0] + " in " + this, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while running " + command[0] + " in " + this, e);
        } finally {
            lock.unlock();
        }
    }

    private DockerClient docker() {
        return container.getDockerClient();
    }

    private boolean is(Predicate<ContainerState> state) {
        lock.lock();
        try {
            return created
                    && !closed
                    && state.test(docker().inspectContainerCmd(container.getContainerId())
                            .exec()
                            .getState());
        } catch (DockerException e) {
            throw new ServerException("cannot inspect " + this, e);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        return is(state -> Boolean.TRUE.equals(state.getRunning()));
    }

    @Override
    public boolean isPaused() {
        return is(state -> Boolean.TRUE.equals(state.getPaused()));
    }

    @Override
    public boolean isBreakable() {
        return true;
    }

    @Override
    public String output() {
        lock.lock();
        try {
            if (!created || closed) {
                return "";
            }
            List<String> lines = container.getLogs().lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - OUTPUT_LINES), lines.size()));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                resume();
                closed = true;
                container.stop();
                Ports.release(port);
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public String toString() {
        return "container of " + image + " on port " + port;
    }

    /** Readiness is asked for at every start, of which Testcontainers knows the first alone. */
    private static final class Elsewhere extends AbstractWaitStrategy {

        @Override
        protected void waitUntilReady() {
            // Nothing here: see start().
        }
    }

    /** A question to a server that starts; an exception counts as "not yet". */
    @FunctionalInterface
    public interface Readiness {

        /**
         * Looks once.
         *
         * @param server the server
         * @return whether it is ready
         * @throws Exception if it could not be asked
         */
        boolean holds(ContainerServer server) throws Exception;
    }

    /** Describes a server; not thread-safe. */
    public static final class Builder {

        private final String image;
        private final int port;
        private final Map<String, String> environment = new LinkedHashMap<>();
        private final List<String> arguments = new ArrayList<>();
        private final Map<String, byte[]> files = new LinkedHashMap<>();
        private List<String> entrypoint = List.of();
        private String user = "";
        private Readiness readiness = server -> true;

        private Builder(String image, int port) {
            this.image = image;
            this.port = port;
        }

        /**
         * Sets an environment variable.
         *
         * @param variable its name
         * @param value its value
         * @return this builder
         */
        public Builder environment(String variable, String value) {
            environment.put(variable, value);
            return this;
        }

        /**
         * Adds arguments to the command of the image.
         *
         * @param words the arguments
         * @return this builder
         */
        public Builder arguments(List<String> words) {
            arguments.addAll(words);
            return this;
        }

        /**
         * Puts a file into the container before it starts.
         *
         * @param path where, absolute
         * @param content its bytes, readable by everybody in the container
         * @return this builder
         */
        public Builder file(String path, byte[] content) {
            files.put(path, content.clone());
            return this;
        }

        /**
         * Replaces the entry point of the image.
         *
         * @param words program and arguments
         * @return this builder
         */
        public Builder entrypoint(List<String> words) {
            this.entrypoint = List.copyOf(words);
            return this;
        }

        /**
         * Sets the user as whom the server runs in its container, in place of the image's.
         *
         * @param name a user that the image knows
         * @return this builder
         */
        public Builder user(String name) {
            this.user = name;
            return this;
        }

        /**
         * Sets when the server counts as started.
         *
         * @param condition asked every 20 ms; an exception means "not yet"
         * @return this builder
         */
        public Builder readyWhen(Readiness condition) {
            this.readiness = condition;
            return this;
        }

        /**
         * Creates the server, not yet started.
         *
         * @return the server
         * @throws ServerException if there is no container engine
         */
        public ContainerServer build() {
            try {
                return new ContainerServer(this);
            } catch (IllegalStateException e) {
                throw new ServerException("no container engine for " + image, e);
            }
        }
    }
}
