package dev.holdfast.testkit.process;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Describes a {@link ServerProcess}; {@link #build()} starts nothing. Not thread-safe. */
public final class ServerProcessBuilder {

    final String name;
    final Map<String, String> environment = new LinkedHashMap<>();
    private @Nullable Supplier<List<String>> command;
    private @Nullable Path directory;
    ServerProcess.Readiness readiness = server -> true;
    Duration startTimeout = Duration.ofSeconds(30);
    Duration stopTimeout = Duration.ofSeconds(5);
    String stopSignal = "TERM";
    Function<ProcessHandle, Stream<ProcessHandle>> family = ProcessHandle::descendants;
    Runnable onClose = () -> {};

    ServerProcessBuilder(String name) {
        this.name = Objects.requireNonNull(name, "name");
    }

    /**
     * Sets the command; it has to stay in the foreground.
     *
     * @param words program and arguments
     * @return this builder
     */
    public ServerProcessBuilder command(List<String> words) {
        List<String> copy = List.copyOf(words);
        return command(() -> copy);
    }

    /**
     * Sets the command, asked for at every start.
     *
     * @param words program and arguments
     * @return this builder
     */
    public ServerProcessBuilder command(Supplier<List<String>> words) {
        this.command = Objects.requireNonNull(words, "words");
        return this;
    }

    /**
     * Sets the working directory, which {@link ServerProcess#close()} deletes with all it contains.
     *
     * @param path an existing directory, best from {@link ServerDirectory#create(String)}
     * @return this builder
     */
    public ServerProcessBuilder directory(Path path) {
        this.directory = Objects.requireNonNull(path, "path");
        return this;
    }

    /**
     * Adds a variable to the environment inherited from this JVM.
     *
     * @param variable its name
     * @param value its value
     * @return this builder
     */
    public ServerProcessBuilder environment(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /**
     * Sets when the server counts as started; by default as soon as its process exists.
     *
     * @param condition asked every 20 ms; an exception means "not yet"
     * @return this builder
     */
    public ServerProcessBuilder readyWhen(Await.Condition condition) {
        Objects.requireNonNull(condition, "condition");
        return readyWhen(server -> condition.holds());
    }

    /**
     * Sets when the server counts as started, by a question that needs to know the server, for example whether it
     * {@linkplain ServerProcess#owns(long) owns} the process that answers.
     *
     * @param condition asked every 20 ms; an exception means "not yet"
     * @return this builder
     */
    public ServerProcessBuilder readyWhen(ServerProcess.Readiness condition) {
        this.readiness = Objects.requireNonNull(condition, "condition");
        return this;
    }

    /**
     * Sets how long a start may take; 30 s by default.
     *
     * @param timeout the limit
     * @return this builder
     */
    public ServerProcessBuilder startTimeout(Duration timeout) {
        this.startTimeout = positive(timeout);
        return this;
    }

    /**
     * Sets how an orderly end is asked for; by default {@code TERM}, and {@code KILL} after 5 s.
     *
     * @param signal name without {@code SIG}, for example {@code INT}
     * @param timeout how long the server may take before it is killed
     * @return this builder
     */
    public ServerProcessBuilder stop(String signal, Duration timeout) {
        this.stopSignal = Objects.requireNonNull(signal, "signal");
        this.stopTimeout = positive(timeout);
        return this;
    }

    /**
     * Sets which processes beside the started one belong to the server and are paused, resumed and killed with it; by
     * default all its descendants.
     *
     * @param others given the server's process, returns the others
     * @return this builder
     */
    public ServerProcessBuilder family(Function<ProcessHandle, Stream<ProcessHandle>> others) {
        this.family = Objects.requireNonNull(others, "others");
        return this;
    }

    /**
     * Sets what follows the end of the server, for example {@code () -> Ports.release(port)}.
     *
     * @param action run once, by {@link ServerProcess#close()}
     * @return this builder
     */
    public ServerProcessBuilder onClose(Runnable action) {
        this.onClose = Objects.requireNonNull(action, "action");
        return this;
    }

    /**
     * Creates the server, not yet started.
     *
     * @return the server
     * @throws IllegalStateException if no command was set
     */
    public ServerProcess build() {
        if (command == null) {
            throw new IllegalStateException(name + ": no command");
        }
        return new ServerProcess(this, command, directory == null ? ServerDirectory.create(name) : directory);
    }

    private static Duration positive(Duration timeout) {
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("timeout must be positive: " + timeout);
        }
        return timeout;
    }
}
