package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import org.junit.jupiter.api.Test;

class SentCommandsTest {

    @Test
    void take_countsWhatClientsSend_butNotWhatScriptsExecute() {
        try (RedisServer server = RedisServers.standalone();
                SentCommands sent = new SentCommands(server)) {
            sent.take();

            server.command("SET", "key", "[0 lua] \"GET\"");
            server.command("EVAL", "redis.call('GET', KEYS[1]) return redis.call('GET', KEYS[1])", "1", "key");

            assertThat(sent.take()).isEqualTo(2);
            assertThat(sent.take()).isZero();
        }
    }
}
