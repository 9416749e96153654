package dev.holdfast.cache;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.fault.FaultProxy;
import dev.holdfast.testkit.redis.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Five nodes that share a Redis: a link of its own for each, kept for many runs, and a cache for each run. */
final class Fleet implements AutoCloseable {
    static final int NODES = 5;
    static final Consumer<CoherentCache<?, ?>> NOTHING = cache -> {};

    /** One machine: its way to Redis and its clock. */
    static final class Machine {
        final RedisLink link;
        final @Nullable FaultProxy proxy;

        private Machine(RedisLink link, @Nullable FaultProxy proxy) {
            this.link = link;
            this.proxy = proxy;
        }
    }

    /** One cache on one machine, from its start to its end. */
    static final class Member implements AutoCloseable {
        final int id;
        final int node;
        final CoherentCache<String, String> cache;
        private final AtomicLong ahead;
        private final AtomicInteger busy;
        private final ExecutorService threads;
        private final Consumer<CoherentCache<?, ?>> beforeRead;

        private Member(
                int id,
                int node,
                CoherentCache<String, String> cache,
                AtomicLong ahead,
                AtomicInteger busy,
                ExecutorService threads,
                Consumer<CoherentCache<?, ?>> beforeRead) {
            this.id = id;
            this.node = node;
            this.cache = cache;
            this.ahead = ahead;
            this.busy = busy;
            this.threads = threads;
            this.beforeRead = beforeRead;
        }

        void beforeRead() {
            beforeRead.accept(cache);
        }

        /** Moves this node's clock forward. */
        void jump(Duration by) {
            ahead.addAndGet(by.toNanos());
        }

        /** Whether nothing runs in the background of this cache. */
        boolean idle() {
            return busy.get() == 0;
        }

        @Override
        public void close() {
            cache.close();
            threads.shutdown();
        }
    }

    final List<Machine> machines = new ArrayList<>();
    final DeafNode deaf = new DeafNode();
    private final AtomicInteger members = new AtomicInteger();

    /** Where tests of the checker break what they cannot break at the link. */
    Consumer<CoherentCache<?, ?>> beforeRead = NOTHING;

    Consumer<CoherentCache<?, ?>> beforeReissue = NOTHING;

    /** Nodes that reach one server through a proxy each. */
    static Fleet behindProxies(RedisServer redis, UnaryOperator<RedisLink> sabotage) {
        Fleet fleet = new Fleet();
        for (int i = 0; i < NODES; i++) {
            FaultProxy proxy = FaultProxy.to(redis.host(), redis.port());
            fleet.machines.add(
                    new Machine(sabotage.apply(link("redis://" + proxy.host() + ":" + proxy.port())), proxy));
        }
        return fleet;
    }

    static Fleet on(String uri) {
        Fleet fleet = new Fleet();
        for (int i = 0; i < NODES; i++) {
            fleet.machines.add(new Machine(link(uri), null));
        }
        return fleet;
    }

    private static RedisLink link(String uri) {
        return RedisLink.builder(uri)
                .commandTimeout(Duration.ofMillis(300))
                .reconnect(Duration.ofMillis(5), Duration.ofMillis(50))
                .refusalRetry(Duration.ofMillis(50))
                .pingInterval(Duration.ofMillis(200))
                .topologyRefresh(Duration.ofMillis(500))
                .serverCheck(false)
                .connect();
    }

    /** Starts a cache on a machine. */
    Member start(int node, String name, Steps steps, UnaryOperator<TieredCacheBuilder<String, String>> change) {
        AtomicLong ahead = new AtomicLong();
        AtomicInteger busy = new AtomicInteger();
        ExecutorService threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "loads of " + name);
            thread.setDaemon(true);
            return thread;
        });
        Ticker ticker = () -> System.nanoTime() + ahead.get();
        TieredCacheBuilder<String, String> builder = TieredCache.<String, String>builder(name)
                .redis(machines.get(node).link)
                .codec(Codec.string())
                .ticker(ticker)
                .steps(steps)
                .executor(task -> {
                    busy.incrementAndGet();
                    threads.execute(() -> {
                        try {
                            task.run();
                        } finally {
                            busy.decrementAndGet();
                        }
                    });
                });
        CoherentCache<String, String> cache =
                (CoherentCache<String, String>) change.apply(builder).build();
        return new Member(members.incrementAndGet(), node, cache, ahead, busy, threads, beforeRead);
    }

    /** Takes every fault of the network away. */
    void heal() {
        for (Machine machine : machines) {
            if (machine.proxy != null) {
                machine.proxy.heal();
            }
        }
    }

    @Override
    public void close() {
        for (Machine machine : machines) {
            machine.link.close();
            if (machine.proxy != null) {
                machine.proxy.close();
            }
        }
    }
}
