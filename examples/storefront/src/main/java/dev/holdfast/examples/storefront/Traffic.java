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
    private final Tally tally;
    private final List<Visitor> visitors = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();
    private final long started;
    private final long statementsBefore;
    private final TierHits hitsBefore;

    private Traffic(Storefront storefront, ShopPath path, int workers, long seed, Tally tally) {
        if (workers < 1) {
            throw new IllegalArgumentException("workers must be at least 1: " + workers);
        }
        this.storefront = storefront;
        this.path = path;
        this.tally = tally;
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
        return start(storefront, path, workers, seed, new Tally());
    }

    /** As above, adding to what earlier runs on this path have counted. */
    static Traffic start(Storefront storefront, ShopPath path, int workers, long seed, Tally tally) {
        return new Traffic(storefront, path, workers, seed, tally);
    }

    /**
     * Sends the visitors home, each after the request under way. To be called once.
     *
     * @return what happened; exact if nobody else visited this path meanwhile
     * @throws InterruptedException if interrupted while they leave
     */
    public Measurement stop() throws InterruptedException {
        close();
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        for (Thread thread : threads) {
            thread.join(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        }
        tally.ran(
                Duration.ofNanos(System.nanoTime() - started),
                storefront.statements(path) - statementsBefore,
                storefront.hits(path).minus(hitsBefore));
        return tally.measurement(path);
    }

    /** Sends the visitors home without waiting for them. */
    @Override
    public void close() {
        visitors.forEach(Visitor::leave);
    }
}
