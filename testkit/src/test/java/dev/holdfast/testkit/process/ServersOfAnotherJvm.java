package dev.holdfast.testkit.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The main class of a JVM that starts servers, says which, and is then killed by the test or told to exit. */
final class ServersOfAnotherJvm {

    private ServersOfAnotherJvm() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        ServerProcess running = start("running");
        ServerProcess paused = start("paused");
        paused.pause();
        for (ServerProcess server : List.of(running, paused)) {
            ProcessHandle handle = ProcessHandle.of(server.pid()).orElseThrow();
            System.out.println(server.pid());
            handle.descendants().forEach(child -> System.out.println(child.pid()));
        }
        System.out.println(running.directory().getParent());
        System.out.println("ready");
        if (System.in.read() < 0) {
            // The test closes this pipe when it ends this JVM by a signal, which is to come.
            new CountDownLatch(1).await(30, TimeUnit.SECONDS);
        }
    }

    private static ServerProcess start(String name) {
        Path directory = ServerDirectory.create(name);
        ServerProcess server = ServerProcess.builder(name)
                .directory(directory)
                .command(List.of("/bin/sh", "-c", "sleep 600 & echo > forked; wait"))
                .readyWhen(() -> Files.exists(directory.resolve("forked")))
                .build();
        server.start();
        return server;
    }
}
