package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.CommandCounts;
import dev.holdfast.benchmarks.Work;
import dev.holdfast.benchmarks.floor.Items;
import dev.holdfast.testkit.redis.RedisServer;
import java.util.Arrays;
import java.util.function.Function;

/** Counts what Redis is asked for when a node reads items that tier 2 holds and tier 1 does not. */
final class CommandsPerRead {

    private static final int WINDOWS = 15;

    private CommandsPerRead() {}

    /**
     * Reads every item at most once, on a new node, in short windows.
     *
     * @param reads how many in each window
     * @param itemsPerRead how many items each read takes
     * @param work reads items in their order
     * @return commands per read in the median window. All commands count, whoever sent them; the node's heartbeat falls
     *     into few windows, and whatever a read sends, into all
     */
    static double count(RedisServer redis, Items items, int reads, int itemsPerRead, Function<CacheSide, Work> work)
            throws Exception {
        try (CacheSide node = new CacheSide(redis.uri(), items, Items.MAXIMUM_SIZE)) {
            int taken = node.awaitTier2();
            if (WINDOWS * reads * itemsPerRead > Items.COUNT - taken) {
                throw new IllegalStateException("not enough items left that tier 1 does not hold: " + taken + " taken");
            }
            Work reading = work.apply(node);
            Tier2Only only = new Tier2Only(node.cache());
            double[] perRead = new double[WINDOWS];
            for (int window = 0; window < WINDOWS; window++) {
                CommandCounts before = CommandCounts.of(redis);
                reading.run((long) window * reads, reads);
                perRead[window] = CommandCounts.of(redis).since(before).total() / (double) reads;
            }
            only.check();
            Arrays.sort(perRead);
            return perRead[WINDOWS / 2];
        }
    }
}
