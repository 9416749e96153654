package dev.holdfast.cache;

import dev.holdfast.core.ManualTicker;
import dev.holdfast.core.redis.RedisLink;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * One node, one key: reads that wait, in bulk, in the future or that refresh early, writes followed by an invalidation or,
 * where nothing stale is served, an expiry here, and writes announced by another node, by key or by tag, behave like one register. That is what storing and applying excluding each other has to achieve.
 */
@Tag("stress")
public class LinearizabilityTest {
    private final Source source = new Source();
    private final ReentrantLock channel = new ReentrantLock();
    private long stamp;
    private final ManualTicker ticker = new ManualTicker();
    private final CoherentCache<Long, String> cache =
            (CoherentCache<Long, String>) TieredCache.<Long, String>builder("register")
                    .redis(RedisLink.disabled())
                    .maximumSize(10)
                    .tags(value -> Set.of("t"))
                    .executor(Runnable::run) // Handing over would take most of the time.
                    .ticker(ticker)
                    .earlyRefresh(100)
                    .loader(key -> {
                        ticker.advance(Duration.ofSeconds(5)); // So long that every other hit loads again early.
                        return source.load(key);
                    })
                    .build();

    @Operation
    public long read() {
        return Source.version(cache.get(1L));
    }

    @Operation
    public long readInBulk() {
        return Source.version(cache.getAll(List.of(1L)).get(1L));
    }

    @Operation
    public long readInTheFuture() {
        return Source.version(cache.async().get(1L).join());
    }

    @Operation
    public void writeHere() {
        source.commit(1);
        cache.invalidate(1L);
    }

    @Operation
    public void writeHereAndExpire() {
        source.commit(1);
        cache.expire(1L);
    }

    @Operation
    public void writeElsewhereAndExpire() {
        receive(List.of(new Member(Kind.SOFT_KEY, "1")));
    }

    @Operation
    public void writeElsewhere() {
        receive(Members.keys("1"));
    }

    @Operation
    public void writeElsewhereAndNameItsTag() {
        receive(List.of(Members.tag("t")));
    }

    private void receive(List<Member> members) {
        source.commit(1);
        channel.lock(); // one channel, messages in the order of their stamps
        try {
            cache.coherence().receive(new ControlLog.Message("", stamp, stamp + 1, false, members));
            stamp++;
        } finally {
            channel.unlock();
        }
    }

    @Test
    void readsAndWrites_ofThreeThreads_behaveLikeOneRegister() {
        new StressOptions()
                .iterations(40)
                .invocationsPerIteration(500)
                .threads(3)
                .actorsPerThread(3)
                .actorsBefore(1)
                .actorsAfter(2)
                .sequentialSpecification(Register.class)
                .check(LinearizabilityTest.class);
    }

    /** What the cache must be indistinguishable from. */
    public static class Register {
        private long version;

        public long read() {
            return version;
        }

        public long readInBulk() {
            return version;
        }

        public long readInTheFuture() {
            return version;
        }

        public void writeHere() {
            version++;
        }

        public void writeHereAndExpire() {
            version++;
        }

        public void writeElsewhereAndExpire() {
            version++;
        }

        public void writeElsewhere() {
            version++;
        }

        public void writeElsewhereAndNameItsTag() {
            version++;
        }
    }
}
