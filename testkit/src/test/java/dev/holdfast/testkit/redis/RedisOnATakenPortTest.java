package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.ServerProcess;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A port that was free while its server was down may have been taken, for example by the tests of another user. */
@Tag("fault")
class RedisOnATakenPortTest {

    @Test
    void start_isNotSatisfiedWithTheAnswerOfAnotherServer() {
        try (RedisServer redis = RedisServers.standalone()) {
            redis.kill();
            try (ServerProcess other = other(redis.port())) {
                other.start();

                assertThatThrownBy(redis::start)
                        .isInstanceOf(ServerException.class)
                        .hasMessageContaining("Address already in use");
            }
            redis.start();
            assertThat(redis.command("PING").text()).isEqualTo("PONG");
        }
    }

    private static ServerProcess other(int port) {
        return ServerProcess.builder("other")
                .command(List.of(
                        RedisBinary.locate().toString(),
                        "--port",
                        Integer.toString(port),
                        "--bind",
                        "127.0.0.1",
                        "--save",
                        ""))
                .readyWhen(() -> {
                    try (RespClient client = RespClient.connect("127.0.0.1", port)) {
                        return "PONG".equals(client.call("PING").text());
                    }
                })
                .build();
    }
}
