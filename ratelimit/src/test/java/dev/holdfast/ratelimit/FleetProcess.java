package dev.holdfast.ratelimit;

import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** A node in a JVM of its own: {@code uri permits period-ms burst threads timeout-s}; hammers between the lines "go" and "stop". */
final class FleetProcess {
    static final Subject HOT = Subject.user("hot");

    private FleetProcess() {}

    static Plan plan(long permits, long periodMillis, long burst) {
        return Plan.of(Limit.of(permits, Duration.ofMillis(periodMillis)).burst(burst));
    }

    static RateLimiter limiter(RedisLink link, Plan plan, int timeoutSeconds) {
        return RateLimiter.builder("fleet")
                .redis(link)
                .timeout(Duration.ofSeconds(timeoutSeconds))
                .heartbeat(Duration.ofMillis(100))
                .plan("p", plan)
                .build();
    }

    public static void main(String[] args) throws Exception {
        Plan plan = plan(Long.parseLong(args[1]), Long.parseLong(args[2]), Long.parseLong(args[3]));
        try (RedisLink link = RedisLink.builder(args[0]).serverCheck(false).connect();
                RateLimiter limiter = limiter(link, plan, Integer.parseInt(args[5]))) {
            link.awaitUp(Duration.ofSeconds(60));
            LongAdder admitted = new LongAdder();
            LongAdder checks = new LongAdder();
            LongAdder alone = new LongAdder();
            AtomicBoolean stop = new AtomicBoolean();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < Integer.parseInt(args[4]); i++) {
                threads.add(new Thread(() -> {
                    while (!stop.get()) {
                        Decision decision = limiter.tryAcquire(HOT, "p");
                        checks.increment();
                        admitted.add(decision.permits());
                        if (decision.source() == Decision.Source.FALLBACK) {
                            alone.add(decision.permits());
                        }
                        if (!decision.allowed()) {
                            LockSupport.parkNanos(200_000); // as a client between two requests
                        }
                    }
                }));
            }
            System.out.println("ready");
            await("go");
            threads.forEach(Thread::start);
            await("stop");
            stop.set(true);
            for (Thread thread : threads) {
                thread.join(TimeUnit.SECONDS.toMillis(30));
            }
            System.out.println("done " + admitted.sum() + " " + checks.sum() + " " + alone.sum());
        }
    }

    private static void await(String word) throws Exception {
        StringBuilder line = new StringBuilder();
        for (int c = System.in.read(); c >= 0; c = System.in.read()) {
            if (c == '\n') {
                if (line.toString().equals(word)) {
                    return;
                }
                line.setLength(0);
            } else {
                line.append((char) c);
            }
        }
        System.exit(1); // The test is gone.
    }
}
