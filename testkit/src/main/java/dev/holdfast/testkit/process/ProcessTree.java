package dev.holdfast.testkit.process;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/** A server's process and those that belong to it, looked up anew each time. Thread-safe. */
final class ProcessTree {

    private static final Duration KILL_TIMEOUT = Duration.ofSeconds(10);

    private final String name;
    private final Process root;
    private final Function<ProcessHandle, Stream<ProcessHandle>> family;

    ProcessTree(String name, Process root, Function<ProcessHandle, Stream<ProcessHandle>> family) {
        this.name = name;
        this.root = root;
        this.family = family;
    }

    /** The root first. */
    List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>();
        all.add(root.toHandle());
        try (Stream<ProcessHandle> others = family.apply(root.toHandle())) {
            others.filter(ProcessHandle::isAlive).forEach(all::add);
        }
        return all;
    }

    /** Freezes all; the root first, since frozen it cannot fork a child that nobody knows of. */
    void freeze() {
        signalRoot("STOP");
        List<ProcessHandle> all = processes();
        Signals.send("STOP", all);
        Signals.awaitStopped(all);
    }

    void thaw() {
        Signals.send("CONT", processes());
    }

    void signalRoot(String signal) {
        Signals.send(signal, List.of(root.toHandle()));
    }

    /** Kills all, frozen or not, and waits until they are dead. */
    void kill() {
        signalRoot("STOP");
        kill(processes());
    }

    /** Kills those that were there a moment ago, and what they forked since. */
    void kill(List<ProcessHandle> processes) {
        // The frozen parent last: children that see it die would still say so to their clients.
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).destroyForcibly();
        }
        if (Watchdog.MAKES_GROUPS) {
            Signals.killGroup(root.pid());
        }
        Await.untilEvenIfInterrupted(name + " is dead", KILL_TIMEOUT, () -> {
            // The JDK's view of its own child lags behind the kernel's, and others go by the JDK's.
            if (root.isAlive()) {
                return false;
            }
            for (ProcessHandle process : processes) {
                if (Signals.isAlive(process)) {
                    return false;
                }
            }
            return true;
        });
    }
}
