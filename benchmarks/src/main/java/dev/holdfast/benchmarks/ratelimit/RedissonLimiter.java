package dev.holdfast.benchmarks.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.redisson.Redisson;
import org.redisson.api.RFuture;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.client.codec.LongCodec;
import org.redisson.config.Config;

/** Redisson's {@code RRateLimiter}; its objects are made once for each subject. */
final class RedissonLimiter implements Grant, AutoCloseable {

    private final RedissonClient client;
    private final RRateLimiter[] limiters = new RRateLimiter[SUBJECTS];

    RedissonLimiter(String uri) throws Exception {
        Config config = new Config();
        config.setCodec(LongCodec.INSTANCE); // The default one would need Kryo, and nothing is encoded anyway.
        config.useSingleServer().setAddress(uri);
        client = Redisson.create(config);
        List<RFuture<Boolean>> set = new ArrayList<>();
        for (int i = 0; i < SUBJECTS; i++) {
            limiters[i] = client.getRateLimiter("redisson:" + i);
            set.add(limiters[i].trySetRateAsync(RateType.OVERALL, PERMITS, Duration.ofSeconds(1)));
            if (set.size() == 500) {
                await(set);
            }
        }
        await(set);
    }

    private static void await(List<RFuture<Boolean>> set) throws Exception {
        for (RFuture<Boolean> one : set) {
            one.toCompletableFuture().get();
        }
        set.clear();
    }

    @Override
    public boolean take(int subject) {
        return limiters[subject].tryAcquire();
    }

    @Override
    public String toString() {
        return "Redisson RRateLimiter";
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
