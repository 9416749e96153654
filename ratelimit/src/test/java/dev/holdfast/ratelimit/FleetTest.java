package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Exclusive;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RedisServers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Several JVMs, one limit. */
@Servers
class FleetTest {
    private static final String KEY = "hf:rl:fleet:p:{u:hot}";

    /** A node's JVM. */
    private static final class Jvm implements AutoCloseable {
        private final Process process;
        private final BufferedReader out;
        private final OutputStream in;

        Jvm(String uri, long permits, long periodMillis, long burst, int threads, int timeoutSeconds)
                throws IOException {
            String path = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            ProcessBuilder builder = new ProcessBuilder(
                            System.getProperty("java.home") + "/bin/java",
                            "-Xmx128m",
                            "-XX:TieredStopAtLevel=1",
                            FleetProcess.class.getName(),
                            uri,
                            "" + permits,
                            "" + periodMillis,
                            "" + burst,
                            "" + threads,
                            "" + timeoutSeconds)
                    .redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("CLASSPATH", path);
            process = builder.start();
            out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            in = process.getOutputStream();
        }

        void awaitReady() throws IOException {
            assertThat(lineOf("ready")).isEqualTo("ready");
        }

        void tell(String word) throws IOException {
            in.write((word + "\n").getBytes(StandardCharsets.US_ASCII));
            in.flush();
        }

        /** Permits admitted, checks made, permits admitted by the fallback. */
        long[] result() throws IOException {
            String[] words = Objects.requireNonNull(lineOf("done")).split(" ", -1);
            return new long[] {Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3])};
        }

        private String lineOf(String word) throws IOException {
            String line = out.readLine();
            while (line != null && !line.startsWith(word)) {
                line = out.readLine();
            }
            return line;
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** ts, q and deficit of the one limit in the key. */
    private static long[] state(RedisServer redis) {
        ByteBuffer in = CheckScript.reply(redis.command("GET", KEY).bytes());
        long ts = Algorithm.get7(in);
        assertThat(in.get()).isEqualTo((byte) 1);
        in.getShort();
        return new long[] {ts, Algorithm.get7(in), Algorithm.get7(in)};
    }

    private static void hammer(int seconds, int threads) throws Exception {
        long permits = 70;
        long periodMillis = 999; // p/q = 7/99900
        long burst = 20_000;
        try (RedisServer redis = RedisServers.standalone()) {
            List<Jvm> jvms = new ArrayList<>();
            try {
                for (int i = 0; i < 3; i++) {
                    jvms.add(new Jvm(redis.uri(), permits, periodMillis, burst, threads, 20));
                }
                for (Jvm jvm : jvms) {
                    jvm.awaitReady();
                }
                long charged = 0;
                long[] first;
                try (RedisLink link = RedisLink.connect(redis.uri());
                        RateLimiter limiter =
                                FleetProcess.limiter(link, FleetProcess.plan(permits, periodMillis, burst), 20)) {
                    assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
                    // From here to the end the bucket is never full again, so nothing that comes back is wasted.
                    charged += limiter.tryAcquire(FleetProcess.HOT, "p", burst - 100)
                            .permits();
                    first = state(redis);
                }
                for (Jvm jvm : jvms) {
                    jvm.tell("go");
                }
                TimeUnit.SECONDS.sleep(seconds); // the length of the run
                for (Jvm jvm : jvms) {
                    jvm.tell("stop");
                }
                long checks = 0;
                for (Jvm jvm : jvms) {
                    long[] result = jvm.result();
                    charged += result[0];
                    checks += result[1];
                    assertThat(result[2]).as("granted alone").isZero();
                    assertThat(result[0]).as("every node gets something").isPositive();
                }
                long[] last = state(redis);
                long time = last[0] - first[0];
                System.out.println("3 JVMs: " + charged + " permits and " + checks + " checks in " + time + " us");
                assertThat(last[1]).isEqualTo(99_900);
                // B + R·t, to the last unit of 1/99900 permit: what was taken is what is missing and what came back.
                assertThat(charged * 99_900).isEqualTo(last[2] + time * 7);
                assertThat(charged)
                        .as("all but what came back since the last check that found something")
                        .isBetween(burst + time * 7 / 99_900 - 20, burst + time * 7 / 99_900);
                Keys.assertAllEnd(redis);
            } finally {
                jvms.forEach(Jvm::close);
            }
        }
    }

    @Test
    void threeJvms_hammeringOneSubject_admitBurstPlusRate_exactly() throws Exception {
        hammer(3, 4);
    }

    @Test
    @Tag("nightly")
    void threeJvms_with16ThreadsFor10Seconds_admitBurstPlusRate_exactly() throws Exception {
        hammer(10, 16);
    }

    @Test
    @Tag("fault")
    void sentinel_primaryKilledInTheMiddle_staysWithinTheBound(@Exclusive RedisSentinel redis) throws Exception {
        long burst = 500;
        long permits = 200;
        List<Jvm> jvms = new ArrayList<>();
        try {
            for (int i = 0; i < 3; i++) {
                jvms.add(new Jvm(redis.uri(), permits, 1_000, burst, 4, 1));
            }
            for (Jvm jvm : jvms) {
                jvm.awaitReady();
            }
            long start = System.nanoTime();
            for (Jvm jvm : jvms) {
                jvm.tell("go");
            }
            TimeUnit.SECONDS.sleep(3); // past the first burst
            RedisServer killed = redis.killPrimary();
            redis.awaitReplacementOf(killed);
            TimeUnit.SECONDS.sleep(5); // until all are back and what was lent is paid
            for (Jvm jvm : jvms) {
                jvm.tell("stop");
            }
            long admitted = 0;
            long alone = 0;
            for (Jvm jvm : jvms) {
                long[] result = jvm.result();
                admitted += result[0];
                alone += result[2];
            }
            double seconds = (System.nanoTime() - start) / 1e9;
            System.out.printf(
                    "failover: %d admitted, %d of them alone, B + R t = %.0f%n",
                    admitted, alone, burst + permits * seconds);
            assertThat(alone).isPositive();
            assertThat((double) admitted).isLessThanOrEqualTo(2 * burst + permits * seconds);
        } finally {
            jvms.forEach(Jvm::close);
        }
    }

    @Test
    void cluster_checksEverySubjectAtItsNode_andTenantsAsOne(@Exclusive RedisCluster redis) {
        String uri = "redis-cluster://" + String.join(",", redis.uris()).replace("redis://", "");
        try (RedisLink link = RedisLink.builder(uri).serverCheck(false).connect();
                RateLimiter limiter = RateLimiter.builder("c")
                        .redis(link)
                        .timeout(Duration.ofSeconds(30))
                        .plan("p", Plan.of(Limit.perHour(5)))
                        .plan("q", Plan.of(Limit.perHour(8)))
                        .build()) {
            assertThat(link.awaitUp(Duration.ofSeconds(60))).isTrue();
            for (int i = 0; i < 100; i++) {
                Decision decision = limiter.tryAcquire(Subject.user("u" + i), "p");
                assertThat(decision.source()).isEqualTo(Decision.Source.REDIS);
                assertThat(decision.remaining()).isEqualTo(4);
            }
            Subject user = Subject.user("u").within("acme");
            List<Ask> oneSlot = List.of(Ask.of(user, "p"), Ask.of(Subject.tenant("acme"), "q"));
            for (int i = 0; i < 5; i++) {
                assertThat(limiter.tryAcquireAll(oneSlot)).allMatch(Decision::allowed);
            }
            assertThat(limiter.tryAcquireAll(oneSlot)).noneMatch(Decision::allowed);
            assertThat(limiter.peek(Subject.tenant("acme"), "q").remaining()).isEqualTo(3);

            Subject other = Subject.user("u0");
            List<Ask> twoSlots = List.of(Ask.of(Subject.named("everybody"), "q"), Ask.of(other, "p"));
            for (int i = 0; i < 4; i++) {
                assertThat(limiter.tryAcquireAll(twoSlots)).allMatch(Decision::allowed);
            }
            assertThat(limiter.tryAcquireAll(twoSlots)).noneMatch(Decision::allowed);
            await().untilAsserted(() -> assertThat(
                            limiter.peek(Subject.named("everybody"), "q").remaining())
                    .as("what was taken first was given back")
                    .isEqualTo(4));
            redis.primaries().forEach(Keys::assertAllEnd);
        }
    }
}
