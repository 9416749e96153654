package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.ratelimit.Decision;
import dev.holdfast.ratelimit.Limit;
import dev.holdfast.ratelimit.Plan;
import dev.holdfast.ratelimit.RateLimiter;
import dev.holdfast.ratelimit.Subject;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A limiter with a link of its own, set up as its page says. */
final class Holdfast implements Grant, AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final RedisLink link;
    private final RateLimiter limiter;
    private final Subject[] subjects = new Subject[SUBJECTS];

    Holdfast(String uri) {
        link = RedisLink.connect(uri);
        if (!link.awaitUp(PATIENCE)) {
            throw new IllegalStateException("the link did not come up: " + link);
        }
        limiter = RateLimiter.builder("bench")
                .redis(link)
                // What the machine does besides must not turn a check into one of the fallback.
                .timeout(Duration.ofSeconds(10))
                .heartbeat(Duration.ofMinutes(1))
                .plan("wide", Plan.of(Limit.perSecond(PERMITS)))
                .plan("narrow", Plan.of(Limit.perHour(1)))
                .build();
        for (int i = 0; i < SUBJECTS; i++) {
            subjects[i] = Subject.user(String.valueOf(i));
        }
    }

    @Override
    public boolean take(int subject) {
        Decision decision = limiter.tryAcquire(subjects[subject], "wide");
        return decision.allowed() && decision.source() == Decision.Source.REDIS;
    }

    CompletableFuture<Decision> takeAsync(int subject) {
        return limiter.tryAcquireAsync(subjects[subject], "wide", 1);
    }

    /** A check of a subject whose only permit is gone. */
    Decision.Source refused() {
        Decision decision = limiter.tryAcquire(subjects[0], "narrow");
        if (decision.allowed()) {
            decision = limiter.tryAcquire(subjects[0], "narrow");
        }
        return decision.source();
    }

    @Override
    public String toString() {
        return "RateLimiter.tryAcquire";
    }

    @Override
    public void close() {
        limiter.close();
        link.close();
    }
}
