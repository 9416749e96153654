package dev.holdfast.testkit.junit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RespClient;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

@Servers
@NoLeaks
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ServersTest {

    private static RedisServer atStart;
    private static RedisServer ofTheClass;
    private static RedisServer ownOfAnEarlierTest;
    private static FaultProxy proxyOfAnEarlierTest;

    private RedisServer beforeTest;
    private RedisServer ownBeforeTest;

    @BeforeAll
    static void shareForTheClass(RedisServer redis, @Exclusive("class") RedisServer own) {
        atStart = redis;
        ofTheClass = own;
    }

    @BeforeEach
    void share(RedisServer redis, @Exclusive RedisServer own) {
        beforeTest = redis;
        ownBeforeTest = own;
    }

    @Test
    @Order(1)
    void sharedServer_isTheSameEverywhere_andMayBeSpoiled(RedisServer redis) {
        assertThat(redis).isSameAs(beforeTest).isSameAs(atStart);

        redis.command("SET", "left", "behind");
        redis.command("CONFIG", "SET", "maxmemory", "1mb");
        redis.command("ACL", "SETUSER", "intruder", "on", ">pw", "~*", "+@all");
        assertThat(redis.command("DBSIZE").number()).isEqualTo(1);
    }

    @Test
    @Order(2)
    void sharedServer_isAsGoodAsNewBeforeEachTest() {
        assertThat(atStart.command("DBSIZE").number()).isZero();
        assertThat(atStart.command("CONFIG", "GET", "maxmemory").texts()).containsExactly("maxmemory", "0");
        assertThat(atStart.command("ACL", "USERS").texts()).containsExactly("default");
        atStart.command("CONFIG", "SET", "requirepass", "locked");
        assertThat(atStart.isRunning()).isTrue();
    }

    @Test
    @Order(3)
    void sharedServer_isUnlocked_ifATestLockedIt(RedisServer redis) {
        assertThat(redis.command("PING").text()).isEqualTo("PONG");
        redis.pause();
        assertThat(redis.isPaused()).isTrue();
    }

    @Test
    @Order(4)
    void sharedServer_runs_ifATestFrozeIt(RedisServer redis) {
        assertThat(redis.isPaused()).isFalse();
        assertThat(redis.command("PING").text()).isEqualTo("PONG");
        redis.kill();
        assertThat(redis.isRunning()).isFalse();
    }

    @Test
    @Order(5)
    void sharedServer_runs_ifATestKilledIt(RedisServer redis) {
        assertThat(redis.command("PING").text()).isEqualTo("PONG");
    }

    @Test
    @Order(6)
    void exclusiveServer_isOnePerTestAndName(
            RedisServer shared,
            @Exclusive RedisServer own,
            @Exclusive("other") RedisServer other,
            @Exclusive("class") RedisServer ownOfClass) {
        assertThat(own).isSameAs(ownBeforeTest).isNotSameAs(other).isNotSameAs(shared);
        assertThat(ownOfClass).isSameAs(ofTheClass);
        ownOfAnEarlierTest = own;
    }

    @Test
    @Order(7)
    void exclusiveServer_isGoneAfterItsTest() {
        assertThat(ownOfAnEarlierTest.isRunning()).isFalse();
        assertThat(ofTheClass.isRunning()).isTrue();
    }

    @Test
    @Order(8)
    void proxy_isInFrontOfTheServerBeforeIt(
            RedisServer shared, FaultProxy toShared, @Exclusive RedisServer own, FaultProxy toOwn) {
        own.command("SET", "who", "own");
        try (RespClient client = RespClient.connect(toOwn.host(), toOwn.port());
                RespClient sharedClient = RespClient.connect(toShared.host(), toShared.port())) {
            assertThat(client.call("GET", "who").text()).isEqualTo("own");
            assertThat(sharedClient.call("GET", "who").isNull()).isTrue();
        }
        toShared.cut();
        proxyOfAnEarlierTest = toShared;
        assertThat(shared.command("PING").text()).isEqualTo("PONG");
    }

    @Test
    @Order(9)
    void proxy_isNewForEachTest(RedisServer redis, FaultProxy proxy) {
        assertThat(proxy).isNotSameAs(proxyOfAnEarlierTest);
        try (RespClient client = RespClient.connect(proxy.host(), proxy.port())) {
            assertThat(client.call("PING").text()).isEqualTo("PONG");
        }
    }

    @Nested
    class Inside {

        @Test
        void nestedTests_seeWhatTheClassHas(RedisServer redis, @Exclusive("class") RedisServer own) {
            assertThat(redis).isSameAs(atStart);
            assertThat(own).isSameAs(ofTheClass);
            assertThat(own.isRunning()).isTrue();
        }
    }
}
