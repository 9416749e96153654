package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Severity;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedisServerCheckTest {
    private static final String SOUND = """
            # Server
            redis_version:7.0.15
            role:master
            maxmemory:1000
            used_memory:100
            maxmemory_policy:allkeys-lfu
            master_repl_offset:500
            slave0:ip=10.0.0.2,port=6379,state=online,offset=490,lag=1
            connected_clients:10
            maxclients:10000
            """;

    private static List<String> codes(String info) {
        return RedisServerCheck.judge(info).stream().map(Problem::code).toList();
    }

    @Test
    void sound_server_has_no_problem() {
        assertThat(codes(SOUND)).isEmpty();
    }

    @Test
    void each_unsound_setting_is_its_own_problem() {
        assertThat(codes(SOUND.replace("7.0.15", "6.0.9"))).containsExactly("redis.server.version");
        assertThat(codes(SOUND.replace("maxmemory:1000", "maxmemory:0"))).containsExactly("redis.server.maxmemory");
        assertThat(codes(SOUND.replace("used_memory:100", "used_memory:950"))).containsExactly("redis.server.full");
        assertThat(codes(SOUND.replace("allkeys-lfu", "noeviction"))).containsExactly("redis.server.policy");
        assertThat(codes(SOUND.replace("allkeys-lfu", "volatile-lru"))).containsExactly("redis.server.policy");
        assertThat(codes(SOUND.replace("allkeys-lfu", "allkeys-random"))).containsExactly("redis.server.policy");
        assertThat(codes(SOUND.replace("role:master", "role:slave"))).containsExactly("redis.server.role");
        assertThat(codes(SOUND.replace("lag=1", "lag=60"))).containsExactly("redis.server.replication");
        assertThat(codes(SOUND.replace("state=online", "state=wait_bgsave")))
                .containsExactly("redis.server.replication");
        assertThat(codes(SOUND.replace("connected_clients:10", "connected_clients:9000")))
                .containsExactly("redis.server.clients");
    }

    @Test
    void server_that_says_nothing_is_unknown() {
        assertThat(RedisServerCheck.judge("")).singleElement().satisfies(p -> {
            assertThat(p.code()).isEqualTo("redis.server.unknown");
            assertThat(p.severity()).isEqualTo(Severity.INFO);
        });
    }

    @Test
    void run_reads_a_real_server() {
        try (RedisServer server = RedisServer.builder().start();
                RedisLink link = RedisLink.connect(server.uri())) {
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();
            server.command("CONFIG", "SET", "maxmemory", "100mb");
            server.command("CONFIG", "SET", "maxmemory-policy", "noeviction");

            assertThat(RedisServerCheck.run(link).join())
                    .extracting(Problem::code)
                    .containsExactly("redis.server.policy");
        }
    }

    @Test
    void link_looks_again_and_health_forgets_what_was_mended() throws Exception {
        try (RedisServer server = RedisServer.builder().start()) {
            RedisLinkBuilder builder = RedisLink.builder(server.uri());
            builder.serverCheckInterval = Duration.ofMillis(100);
            try (RedisLink link = builder.connect()) {
                HealthProbe probe = link.healthProbe();
                await().until(() -> probe.check().facts().containsKey("serverProblems"));
                long generation = link.generation();

                server.command("CONFIG", "SET", "maxmemory", "100mb");
                server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");

                await().until(() -> !probe.check().facts().containsKey("serverProblems"));
                assertThat(link.generation()).isEqualTo(generation);
            }
        }
    }

    @Test
    void run_without_permission_for_info_is_unknown_and_not_a_failure() {
        try (RedisServer server = RedisServer.builder()
                        .user("app", "pass-word", "~* +@all -info")
                        .start();
                RedisLink link = RedisLink.connect(server.uriFor("app"))) {
            assertThat(link.awaitUp(Duration.ofSeconds(5))).isTrue();

            assertThat(RedisServerCheck.run(link).join())
                    .extracting(Problem::code)
                    .containsExactly("redis.server.unknown");
        }
    }
}
