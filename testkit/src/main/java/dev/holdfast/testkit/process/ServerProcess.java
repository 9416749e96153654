package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A native server as a child process of this JVM, in the foreground, so that it can be signalled.
 *
 * <p>Guarantees: {@link #start()} returns when the server is ready or throws with its last output; the server does not
 * outlive this JVM, not even when the JVM is killed with {@code -9} or the server is frozen at that moment; its output is
 * always drained and never takes more than 200 lines of memory; {@link #close()} deletes its directory.
 *
 * <p>Thread-safe. Works on Linux and macOS.
 */
public final class ServerProcess implements ServerControl {

    private final String name;
    private final Supplier<List<String>> command;
    private final Map<String, String> environment;
    private final Path directory;
    private final Readiness readiness;
    private final Duration startTimeout;
    private final Duration stopTimeout;
    private final String stopSignal;
    private final Function<ProcessHandle, Stream<ProcessHandle>> family;
    private final Runnable onClose;

    /** Guards every change of state; held while the server starts and stops. */
    private final ReentrantLock lock = new ReentrantLock();

    private final OutputRing output = new OutputRing();
    private volatile @Nullable Process process;
    private volatile boolean paused;
    private volatile boolean closed;

    ServerProcess(ServerProcessBuilder builder, Supplier<List<String>> command, Path directory) {
        this.name = builder.name;
        this.command = command;
        this.environment = Map.copyOf(builder.environment);
        this.directory = directory;
        this.readiness = builder.readiness;
        this.startTimeout = builder.startTimeout;
        this.stopTimeout = builder.stopTimeout;
        this.stopSignal = builder.stopSignal;
        this.family = builder.family;
        this.onClose = builder.onClose;
    }

    /** A question to a server that was started; an exception means "not yet" and is reported when the time is up. */
    @FunctionalInterface
    public interface Readiness {

        /**
         * Looks once.
         *
         * @param server the server that was started
         * @return whether it is ready
         * @throws Exception if it could not be asked
         */
        boolean holds(ServerProcess server) throws Exception;
    }

    /**
     * Begins the description of a server.
     *
     * @param name how messages and threads call it, for example {@code redis-10400}
     * @return a builder
     */
    public static ServerProcessBuilder builder(String name) {
        return new ServerProcessBuilder(name);
    }

    @Override
    public void start() {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException(name + " is closed");
            }
            if (!isRunning()) {
                launch();
            }
        } finally {
            lock.unlock();
        }
    }

    private void launch() {
        output.clear();
        paused = false;
        Process started = Watchdog.start(name, command.get(), environment, directory);
        process = started;
        LiveServers.add(this);
        Thread drain = output.drain(name, started.getInputStream());
        try {
            Await.until(name + " is ready", startTimeout, this::outputForMessage, () -> {
                if (!started.isAlive()) {
                    drain.join(1_000);
                    throw new Await.Aborted(new ServerException(name + " ended with exit code " + started.exitValue()
                            + " before it was ready" + outputForMessage()));
                }
                return readiness.holds(this);
            });
        } catch (RuntimeException e) {
            killNow();
            throw e;
        }
    }

    @Override
    public void stop() {
        lock.lock();
        try {
            Process running = process;
            if (running == null || !running.isAlive()) {
                killNow();
                return;
            }
            resume();
            ProcessTree tree = tree(running);
            List<ProcessHandle> all = tree.processes();
            tree.signalRoot(stopSignal);
            boolean interrupted = false;
            try {
                if (!running.waitFor(stopTimeout.toMillis(), TimeUnit.MILLISECONDS)) {
                    killNow();
                }
            } catch (InterruptedException e) {
                interrupted = true;
                killNow();
            }
            // Children that did not follow their parent would keep its files and its port.
            tree.kill(all);
            LiveServers.remove(this);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void kill() {
        lock.lock();
        try {
            killNow();
        } finally {
            lock.unlock();
        }
    }

    /** Needs no lock: the shutdown hook calls it while another thread may be starting this server. */
    void killNow() {
        Process running = process;
        if (running != null && running.isAlive()) {
            tree(running).kill();
        }
        paused = false;
        LiveServers.remove(this);
    }

    private ProcessTree tree(Process running) {
        return new ProcessTree(name, running, family);
    }

    @Override
    public void pause() {
        lock.lock();
        try {
            Process running = process;
            if (running == null || !running.isAlive()) {
                throw new IllegalStateException(name + " cannot be paused: it does not run");
            }
            if (!paused) {
                // Noted first: what is half frozen has to be thawed as well.
                paused = true;
                tree(running).freeze();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void resume() {
        lock.lock();
        try {
            Process running = process;
            if (paused && running != null && running.isAlive()) {
                tree(running).thaw();
            }
            paused = false;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public boolean isRunning() {
        Process running = process;
        return running != null && running.isAlive();
    }

    @Override
    public boolean isPaused() {
        return paused;
    }

    @Override
    public boolean isBreakable() {
        return true;
    }

    /**
     * Returns the process id of the server itself, not of a wrapper.
     *
     * @return the id
     * @throws IllegalStateException if the server was never started
     */
    public long pid() {
        Process current = process;
        if (current == null) {
            throw new IllegalStateException(name + " was not started");
        }
        return current.pid();
    }

    /**
     * Tells whether a process is this server or one of its children. Who listens on a server's port need not be: the port may
     * have been taken by another while the server was down.
     *
     * @param pid the id of the process
     * @return whether it belongs to the server that runs now
     */
    public boolean owns(long pid) {
        Process running = process;
        return running != null
                && running.isAlive()
                && (running.pid() == pid || tree(running).processes().stream().anyMatch(member -> member.pid() == pid));
    }

    /**
     * Returns the directory in which the server runs and stores its data.
     *
     * @return the directory; it exists until {@link #close()}
     */
    public Path directory() {
        return directory;
    }

    @Override
    public String output() {
        return output.text();
    }

    private String outputForMessage() {
        String text = output.text();
        return text.isEmpty() ? "; it printed nothing" : "; its last output:\n" + text;
    }

    /** Stops the server and deletes its directory, also when the thread is interrupted, as after a test's timeout. */
    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                stop();
                ServerDirectory.delete(directory);
                onClose.run();
            }
        } finally {
            lock.unlock();
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public String toString() {
        return name + (isRunning() ? " (pid " + pid() + (paused ? ", paused)" : ")") : " (not running)");
    }
}
