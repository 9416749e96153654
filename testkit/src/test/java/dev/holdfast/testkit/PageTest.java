package dev.holdfast.testkit;

import static java.util.concurrent.CompletableFuture.supplyAsync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.NoLeaks;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RespClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The code of the module's page compiles, runs, and is the code below. */
class PageTest {

    /** Stands for the code under test. */
    record Counter(String host, int port) {

        long next() {
            try (RespClient client = RespClient.connect(host, port)) {
                return client.call("INCR", "counter").number();
            }
        }
    }

    @Nested
    // page begin
    @Servers
    @NoLeaks
    class CounterTest {

        @Test
        void lostAnswer_isAnErrorToTheCaller_andDoneOnce(RedisServer redis, FaultProxy proxy) {
            Counter counter = new Counter(proxy.host(), proxy.port());
            proxy.swallowRepliesUntilReset();

            CompletableFuture<Long> next = supplyAsync(counter::next);
            await().until(() -> proxy.bytesSwallowed() > 0); // Redis has counted
            proxy.resetAll(); // and the caller will not hear of it

            assertThatThrownBy(next::join).hasCauseInstanceOf(ServerException.class);
            assertThat(redis.command("GET", "counter").number()).isEqualTo(1);
        }

        @Test
        void killedRedis_comesBackOnItsPort(@Exclusive RedisServer redis) {
            Counter counter = new Counter(redis.host(), redis.port());
            redis.kill();
            assertThatThrownBy(counter::next).isInstanceOf(ServerException.class);

            redis.start();
            assertThat(counter.next()).isEqualTo(1);
        }
    }
    // page end

    @Test
    void code_onThePage_isTheOneThatRuns() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/testkit/PageTest.java"));
        String code = here.substring(here.indexOf("// page begin"), here.indexOf("// page end"))
                .lines()
                .skip(1)
                .map(line -> line.isBlank() ? "" : line.substring(Math.min(4, line.length())))
                .collect(Collectors.joining("\n"))
                .strip();
        assertThat(Files.readString(Path.of("../docs/testkit.md"))).contains("```java\n" + code + "\n```");
    }
}
