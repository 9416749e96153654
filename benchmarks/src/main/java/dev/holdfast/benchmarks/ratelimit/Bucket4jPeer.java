package dev.holdfast.benchmarks.ratelimit;

import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.redis.lettuce.Bucket4jLettuce;
import io.lettuce.core.RedisClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Bucket4j over Lettuce, which compares and swaps; its bucket objects are made once for each subject. */
final class Bucket4jPeer implements Grant, AutoCloseable {

    private final RedisClient client;
    private final BucketProxy[] buckets = new BucketProxy[SUBJECTS];
    private final boolean batching;

    /**
     * Connects.
     *
     * @param batching whether calls of one bucket object that wait go together
     */
    Bucket4jPeer(String uri, boolean batching) {
        this.batching = batching;
        client = RedisClient.create(uri);
        ProxyManager<byte[]> manager = Bucket4jLettuce.casBasedBuilder(client)
                .expirationAfterWrite(
                        ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(Duration.ofSeconds(10)))
                .build();
        BucketConfiguration configuration = BucketConfiguration.builder()
                .addLimit(limit -> limit.capacity(PERMITS).refillGreedy(PERMITS, Duration.ofSeconds(1)))
                .build();
        for (int i = 0; i < SUBJECTS; i++) {
            byte[] key = ("bucket4j:" + batching + ":" + i).getBytes(StandardCharsets.US_ASCII);
            var builder = manager.builder();
            buckets[i] = (batching ? builder.withOptimization(Optimizations.batching()) : builder)
                    .build(key, () -> configuration);
        }
    }

    @Override
    public boolean take(int subject) {
        return buckets[subject].tryConsume(1);
    }

    @Override
    public String toString() {
        return batching ? "Bucket4j, batching" : "Bucket4j";
    }

    @Override
    public void close() {
        client.shutdown();
    }
}
