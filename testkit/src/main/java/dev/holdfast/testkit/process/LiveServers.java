package dev.holdfast.testkit.process;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/** The servers that run now; an ordinary end of the JVM kills them and deletes their directories. */
final class LiveServers {

    private static final Set<ServerProcess> LIVE = ConcurrentHashMap.newKeySet();
    private static final AtomicBoolean HOOKED = new AtomicBoolean();

    private LiveServers() {}

    static void add(ServerProcess server) {
        if (HOOKED.compareAndSet(false, true)) {
            Runtime.getRuntime().addShutdownHook(new Thread(LiveServers::killAll, "testkit-shutdown"));
        }
        LIVE.add(server);
    }

    static void remove(ServerProcess server) {
        LIVE.remove(server);
    }

    private static void killAll() {
        for (ServerProcess server : LIVE) {
            try {
                server.killNow();
            } catch (RuntimeException e) {
                // The watchdog of this server does the same a moment later; the others must not wait for it.
            }
        }
        ServerDirectory.deleteAll();
    }
}
