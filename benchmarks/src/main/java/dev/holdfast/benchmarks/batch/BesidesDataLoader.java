package dev.holdfast.benchmarks.batch;

import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchScope;
import dev.holdfast.benchmarks.Allocations;
import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.benchmarks.Timed;
import dev.holdfast.benchmarks.Work;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.dataloader.DataLoader;
import org.dataloader.DataLoaderFactory;
import org.dataloader.MappedBatchLoader;

/** Ten thousand loads of a thousand keys in one request, beside java-dataloader: time and bytes. */
final class BesidesDataLoader implements Scenario {
    private static final int LOADS = 10_000;
    private static final int KEYS = 1_000;

    private final Target time = Target.atMost("loader-dataloader", 1);
    private final Target bytes = Target.atMost("loader-dataloader-bytes", 1);
    private final Long[] asked = new Random(42)
            .ints(LOADS, 0, KEYS)
            .mapToObj(n -> (long) n + KEYS) // boxed once, and not from the cache of small numbers
            .toArray(Long[]::new);
    private final BatchLoader<Long, Long> ours =
            BatchLoader.mapped("numbers", (keys, call) -> OverheadPerKey.numbers(keys));
    private final MappedBatchLoader<Long, Long> theirs =
            keys -> CompletableFuture.completedFuture(OverheadPerKey.numbers(keys));

    @Override
    public List<Target> targets() {
        return List.of(time, bytes);
    }

    @Override
    public void run(Session session) throws Exception {
        Work holdfast = (first, operations) -> repeat(operations, true);
        Work dataLoader = (first, operations) -> repeat(operations, false);
        Timed timed = Timed.calibrate(dataLoader, Duration.ofMillis(10));
        session.report(
                time,
                PairedRun.named("10,000 loads of 1,000 keys")
                        .subject("BatchLoader.loadAsync", timed.cpuSide(holdfast))
                        .baseline("DataLoader.load", timed.cpuSide(dataLoader))
                        .warmUp(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(10)))
                        .measure(session.pick(Duration.ofSeconds(4), Duration.ofSeconds(15)), 40)
                        .run(),
                "ns");
        double mine = Allocations.bytesPerOperation(holdfast, 500);
        double other = Allocations.bytesPerOperation(dataLoader, 500);
        session.progress(Math.round(mine / LOADS) + " bytes per load against " + Math.round(other / LOADS));
        session.report(bytes, mine / other, "times the bytes of java-dataloader");
    }

    private long repeat(int operations, boolean holdfast) {
        long digest = 0;
        for (int i = 0; i < operations; i++) {
            digest += holdfast ? holdfast() : dataLoader();
        }
        return digest;
    }

    private long holdfast() {
        try (BatchScope scope = BatchScope.open()) {
            List<CompletableFuture<Long>> futures = new ArrayList<>(LOADS);
            for (Long key : asked) {
                futures.add(ours.loadAsync(key));
            }
            return scope.isClosed() ? -1 : sum(futures);
        }
    }

    private long dataLoader() {
        DataLoader<Long, Long> loader = DataLoaderFactory.newMappedDataLoader(theirs);
        List<CompletableFuture<Long>> futures = new ArrayList<>(LOADS);
        for (Long key : asked) {
            futures.add(loader.load(key));
        }
        loader.dispatchAndJoin();
        return sum(futures);
    }

    private static long sum(List<CompletableFuture<Long>> futures) {
        long sum = 0;
        for (CompletableFuture<Long> future : futures) {
            sum += future.join();
        }
        return sum;
    }
}
