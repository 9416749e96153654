package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Sends signals by the shell's own {@code kill}, which is there where no {@code procps} is installed. */
final class Signals {

    private static final Duration DELIVERY = Duration.ofSeconds(5);
    private static final char UNKNOWN = '?';

    private Signals() {}

    /** Processes that are gone by now are passed over. */
    static void send(String signal, Collection<ProcessHandle> processes) {
        send(signal, processes.stream().map(process -> Long.toString(process.pid())));
    }

    /** Kills what is left of a process group, for example children forked while their parent was about to end. */
    static void killGroup(long leader) {
        send("KILL", Stream.of("-" + leader));
    }

    private static void send(String signal, Stream<String> targets) {
        List<String> command = new ArrayList<>(List.of(
                "/bin/sh", "-c", "for p in \"$@\"; do kill -s " + signal + " -- \"$p\" || :; done", "testkit-signal"));
        targets.forEach(command::add);
        try {
            Process kill = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!endsInTime(kill)) {
                kill.destroyForcibly();
                throw new ServerException("kill -" + signal + " did not return within " + DELIVERY.toSeconds() + " s");
            }
        } catch (IOException e) {
            throw new ServerException("cannot run /bin/sh to send SIG" + signal, e);
        }
    }

    /** Not to be interrupted: a test that runs out of time must not leave a server half frozen or half dead. */
    private static boolean endsInTime(Process process) {
        long deadline = System.nanoTime() + DELIVERY.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return process.waitFor(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Waits until the kernel has really frozen the processes: a signal sent is not yet a signal delivered. */
    static void awaitStopped(Collection<ProcessHandle> processes) {
        Await.untilEvenIfInterrupted("the processes are frozen", DELIVERY, () -> {
            for (ProcessHandle process : processes) {
                if (isAlive(process) && !isStopped(process.pid())) {
                    return false;
                }
            }
            return true;
        });
    }

    private static boolean isStopped(long pid) throws IOException {
        char state = state(pid);
        return state == UNKNOWN || state == 'T' || state == 't';
    }

    /** Whether the process still runs something: an orphan that is dead may lie in the table for long as a zombie. */
    static boolean isAlive(ProcessHandle process) throws IOException {
        if (!process.isAlive()) {
            return false;
        }
        char state = state(process.pid());
        return state != 'Z' && state != 'X';
    }

    /** The state letter of proc(5), or {@link #UNKNOWN} where the system or the process does not tell. */
    private static char state(long pid) throws IOException {
        try {
            // The name in parentheses may hold anything, so the state is what follows the last parenthesis.
            String line = Files.readString(Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
            return line.charAt(line.lastIndexOf(')') + 2);
        } catch (NoSuchFileException e) {
            return UNKNOWN;
        }
    }
}
