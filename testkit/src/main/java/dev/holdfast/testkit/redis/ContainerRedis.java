package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.container.ContainerEngine;
import dev.holdfast.testkit.container.ContainerServer;
import dev.holdfast.testkit.process.TestkitProperty;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Starts Redis in a container of any image that has {@code redis-server} and a shell. */
final class ContainerRedis {

    private static final String IMAGE_PROPERTY = "holdfast.redis.image";
    private static final String DEFAULT_IMAGE = "redis:7-alpine";
    private static final int PORT = 6379;
    private static final Duration PROBE_TIMEOUT = Duration.ofSeconds(2);

    private static final String FILES = "/holdfast/";
    private static final String DATA = "/tmp";

    /** A snapshot is loaded only if the testkit has said so just before. */
    private static final String KEEP = DATA + "/keep";

    private static final String SCRIPT = "[ -e " + KEEP + " ] || rm -f " + DATA + "/dump.rdb; rm -f " + KEEP
            + "; exec redis-server " + FILES + "redis.conf";

    private ContainerRedis() {}

    static RedisServer start(RedisSettings settings) {
        ContainerEngine.require();
        ContainerServer.Builder builder = ContainerServer.builder(
                        TestkitProperty.get(IMAGE_PROPERTY).orElse(DEFAULT_IMAGE), PORT)
                .entrypoint(List.of("/bin/sh", "-c", SCRIPT))
                .readyWhen(container -> answers(address(container, settings)));
        RedisSettings.TlsFiles files = null;
        if (settings.tls != null) {
            RedisSettings.TlsFiles local = settings.tls.files();
            files = new RedisSettings.TlsFiles(FILES + "ca.crt", FILES + "server.crt", FILES + "server.key");
            builder.file(files.authority(), read(local.authority()))
                    .file(files.certificate(), read(local.certificate()))
                    .file(files.key(), read(local.key()));
        }
        ContainerServer container = builder.file(
                        FILES + "redis.conf",
                        settings.render("0.0.0.0", PORT, DATA, files).getBytes(StandardCharsets.UTF_8))
                .build();
        try {
            RedisServer server =
                    new RedisServer(address(container, settings), settings, container, new InContainer(container));
            server.start();
            return server;
        } catch (RuntimeException e) {
            container.close();
            throw e;
        }
    }

    private static RedisAddress address(ContainerServer container, RedisSettings settings) {
        return RedisAddress.of(container.host(), container.port(), settings);
    }

    private static boolean answers(RedisAddress address) {
        try (RespClient client = address.connect(PROBE_TIMEOUT)) {
            return "PONG".equals(client.call("PING").text());
        }
    }

    private static byte[] read(String file) {
        try {
            return Files.readAllBytes(Path.of(file));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    private record InContainer(ContainerServer container) implements Snapshots {

        @Override
        public void forget() {
            // The container's own script does, which can also do it while nothing runs.
        }

        @Override
        public void keep() {
            container.execute("touch", KEEP);
        }
    }
}
