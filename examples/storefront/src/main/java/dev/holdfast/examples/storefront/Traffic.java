package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Visitors of one path: a closed loop, in which each asks again as soon as it has its answer. Products, users and days
 * are asked for by Zipf's law, so that a few are asked for most of the time.
 *
 * <p>Confined to the thread that uses it; the visitors have threads of their own.
 */
public final class Traffic implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final Storefront storefront;
    private final ShopPath path;
    private final Tally tally = new Tally();
    private final List<Visitor> visitors = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final long started;
    private final long statementsBefore;
    private final TierHits hitsBefore;

    private Traffic(Storefront storefront, ShopPath path, int workers, long seed) {
        this.storefront = storefront;
        this.path = path;
        Visitor.Guide guide = Visitor.Guide.of(storefront.scale());
        for (int i = 0; i < workers; i++) {
            Visitor visitor = new Visitor(storefront.address(), path, guide, tally, seed + i);
            Thread thread = new Thread(visitor, "visitor-" + path.segment() + "-" + (i + 1));
            thread.setDaemon(true);
            visitors.add(visitor);
            threads.add(thread);
        }
        this.statementsBefore = storefront.statements(path);
        this.hitsBefore = storefront.hits(path);
        this.started = System.nanoTime();
        threads.forEach(Thread::start);
    }

    /**
     * Sends visitors in.
     *
     * @param storefront where to
     * @param path which way they go
     * @param workers how many, at least 1
     * @param seed visitors with the same seed ask the same things
     * @return traffic under way
     * @throws IllegalArgumentException if there are no workers
     */
    public static Traffic start(Storefront storefront, ShopPath path, int workers, long seed) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be at least 1: " + workers);
        }
        return new Traffic(storefront, path, workers, seed);
    }

    /**
     * What happened since the start.
     *
     * @return a snapshot; exact once the traffic has ended and nobody else visits this path
     */
    public Measurement measurement() {
        return new Measurement(
                path,
                Duration.ofNanos(System.nanoTime() - started),
                tally.answered(),
                tally.latencies().quantile(0.50),
                tally.latencies().quantile(0.95),
                tally.latencies().quantile(0.99),
                storefront.statements(path) - statementsBefore,
                storefront.hits(path).minus(hitsBefore),
                tally.errors(),
                tally.staleReads(),
                tally.firstError());
    }

    /**
     * Sends the visitors home, each after the request under way.
     *
     * @return what happened
     * @throws InterruptedException if interrupted while they leave
     */
    public Measurement stop() throws InterruptedException {
        visitors.forEach(Visitor::leave);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (Thread thread : threads) {
            thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        }
        return measurement();
    }

    /** Sends the visitors home without waiting for them. */
    @Override
    public void close() {
        visitors.forEach(Visitor::leave);
    }
}
