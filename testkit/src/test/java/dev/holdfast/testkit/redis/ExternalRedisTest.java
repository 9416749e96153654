package dev.holdfast.testkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExternalRedisTest {

    private static final String URL = "holdfast.redis.url";

    private static RedisServer running;
    private static String sourceBefore;

    @BeforeAll
    static void startOne() {
        running = EmbeddedRedis.start(
                "redis", RedisServer.builder().password("secret").settings());
    }

    @AfterAll
    static void closeIt() {
        running.close();
    }

    @BeforeEach
    void useIt() {
        sourceBefore = System.setProperty(ServerSource.PROPERTY, "external");
        System.setProperty(URL, running.uri() + "/2");
    }

    @AfterEach
    void useTheOrdinarySource() {
        System.clearProperty(URL);
        if (sourceBefore == null) {
            System.clearProperty(ServerSource.PROPERTY);
        } else {
            System.setProperty(ServerSource.PROPERTY, sourceBefore);
        }
    }

    @Test
    void server_isTheOneNamed_andSurvivesItsClosing() {
        RedisServer redis = RedisServers.standalone();

        redis.command("SET", "key", "value");
        redis.close();

        assertThat(redis.uri()).isEqualTo(running.uri() + "/2");
        assertThat(redis.port()).isEqualTo(running.port());
        assertThat(redis.command("GET", "key").text()).isEqualTo("value");
        assertThat(running.command("GET", "key").isNull())
                .as("in another database")
                .isTrue();
    }

    @Test
    void server_isNotBroken() {
        RedisServer redis = RedisServers.standalone();

        assertThat(redis.isBreakable()).isFalse();
        assertThat(redis.isRunning()).isTrue();
        for (Runnable fault : new Runnable[] {redis::pause, redis::kill, redis::stop, redis::restart}) {
            assertThatThrownBy(fault::run)
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessageContaining("holdfast.servers is external")
                    .hasMessageNotContaining("secret");
        }
        assertThat(running.isPaused()).isFalse();
    }

    @Test
    void reset_emptiesTheNamedDatabaseOnly() {
        RedisServer redis = RedisServers.standalone();
        redis.command("SET", "key", "value");
        running.command("SET", "other", "value");

        redis.reset();

        assertThat(redis.command("DBSIZE").number()).isZero();
        assertThat(running.command("GET", "other").text()).isEqualTo("value");
    }

    @Test
    void serverWithSettings_isNotThere() {
        assertThatThrownBy(() -> RedisServer.builder().password("other").start())
                .isInstanceOf(UnsupportedServerException.class);
    }

    @Test
    void urlThatIsMissing_isAnError() {
        System.clearProperty(URL);

        assertThatThrownBy(RedisServers::standalone)
                .isInstanceOf(ServerException.class)
                .hasMessageContaining("needs holdfast.redis.url or HOLDFAST_REDIS_URL");
    }
}
