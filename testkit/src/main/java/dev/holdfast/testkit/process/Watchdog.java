package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Wraps the command of a server so that the server dies with this JVM, however the JVM dies.
 *
 * <p>The wrapper is a shell that forks a watchdog and then becomes the server by {@code exec}; hence the process this JVM
 * holds <em>is</em> the server. The watchdog reads a pipe whose other end only this JVM holds. When the pipe ends, it stops
 * the server (so that it forks no more), then kills it and all its descendants; {@code SIGKILL} also ends what is frozen.
 * When the server ended first, the JDK closes the pipe too: the watchdog recognises by the start time that the process is
 * gone or another one has its number, and leaves.
 *
 * <p>The watchdog is an orphan on purpose: servers such as PostgreSQL do not expect children they never started.
 */
final class Watchdog {

    private static final Path SETSID = Path.of("/usr/bin/setsid");

    /** Whether each server leads a session and a process group of its own, apart from this JVM's. */
    static final boolean MAKES_GROUPS = Files.isExecutable(SETSID);

    private static final String SCRIPT = """
            exec 3<&0 </dev/null
            born() {
                if [ -r "/proc/$1/stat" ]; then
                    { read -r stat < "/proc/$1/stat"; } 2>/dev/null || return 0
                    set -- ${stat##*) }
                    echo "${20}"
                elif [ ! -r /proc/self/stat ]; then
                    ps -o lstart= -p "$1"
                fi
            }
            children() {
                if [ -r /proc/self/stat ]; then
                    parent=$1
                    for file in /proc/[0-9]*/stat; do
                        { read -r stat < "$file"; } 2>/dev/null || continue
                        set -- ${stat##*) }
                        [ "$2" = "$parent" ] && echo "${stat%% *}"
                    done
                else
                    ps -A -o pid= -o ppid= | while read -r pid parent; do
                        [ "$parent" = "$1" ] && echo "$pid"
                    done
                fi
            }
            tree() {
                for child in $(children "$1"); do
                    echo "$child"
                    tree "$child"
                done
            }
            (
                trap '' HUP INT QUIT TERM
                cd /
                birth=$(born $$)
                {
                    read -r ignored <&3
                    [ "$(born $$)" = "$birth" ] || exit 0
                    kill -STOP $$
                    kill -KILL $$ $(tree $$)
                } &
            ) >/dev/null 2>&1
            exec 3<&-
            exec "$@"
            """;

    private Watchdog() {}

    /** Starts a command under watch, in a session of its own where the system has the means. */
    static Process start(String name, List<String> command, Map<String, String> environment, Path directory) {
        List<String> watched = new ArrayList<>();
        if (MAKES_GROUPS) {
            watched.add(SETSID.toString());
        }
        watched.addAll(List.of("/bin/sh", "-c", SCRIPT, "testkit-watchdog"));
        watched.addAll(command);
        ProcessBuilder builder =
                new ProcessBuilder(watched).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new ServerException(
                    name
                            + ": cannot start a process through /bin/sh; embedded servers need Linux or macOS, elsewhere use"
                            + " -Dholdfast.servers=containers or external",
                    e);
        }
    }
}
