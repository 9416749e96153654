package dev.holdfast.ratelimit;

/**
 * What decides while Redis does not: nobody is refused, everybody is, or each node grants its share.
 *
 * <p>Immutable. A check falls back when Redis refused it, did not answer within the deadline, or answered an error.
 */
public sealed interface Fallback {
    /**
     * Admits everything.
     *
     * @return for limits that only smooth
     */
    static Fallback open() {
        return new Open();
    }

    /**
     * Refuses everything.
     *
     * @return for limits that protect what must not break
     */
    static Fallback closed() {
        return new Closed();
    }

    /**
     * Each node grants its share of every limit, the default.
     *
     * @return shares that begin with what is known of each subject, and full for subjects that are not known
     */
    static Share share() {
        return new Share(1, false);
    }

    /** Admits everything, see {@link Fallback#open()}. */
    record Open() implements Fallback {}

    /** Refuses everything, see {@link Fallback#closed()}. */
    record Closed() implements Fallback {}

    /**
     * Each node grants burst/N and rate/N, where N is the most nodes that were counted by their heartbeats within the
     * last minutes, or {@code minimumNodes} if that is more.
     *
     * <p>Let B be the burst, R the rate, T how long Redis was away for all nodes, and N at least the number of nodes. Then
     * the fleet admits at most B + R·T during T if every node knew the subject's state or {@code beginEmpty}; if not, the
     * nodes may grant up to B that others had granted before, 2·B + R·T in all since the subject was last at rest. A node
     * that is cut off alone adds at most (B + R·T)/N. A burst smaller than N counts as N, since each node grants a permit
     * at least. If N is too low by a factor, the bound is too.
     *
     * <p>When Redis is back each node charges what it granted alone and what did not come back meanwhile. Nodes come back
     * one after the other, so the first may be granted up to B·(N-1)/N that others have granted already; the subject then
     * is in debt, and the bound above holds again once that is paid back, after B/R at most. A check that may have been
     * charged although its answer was lost is not charged again.
     *
     * @param minimumNodes nodes that are expected at least; 1 to 1,000
     * @param beginEmpty whether subjects of which a node knows nothing begin without permits rather than with all of its
     *     share
     */
    record Share(int minimumNodes, boolean beginEmpty) implements Fallback {
        static final int MOST_NODES = 1_000;

        /**
         * Checks the number.
         *
         * @throws IllegalArgumentException if it is out of 1 to 1,000
         */
        public Share {
            if (minimumNodes < 1 || minimumNodes > MOST_NODES) {
                throw new IllegalArgumentException("minimumNodes " + minimumNodes + " is out of 1.." + MOST_NODES
                        + ": give the smallest number of nodes you run");
            }
        }

        /**
         * Sets how many nodes there are at least.
         *
         * @param nodes 1 to 1,000
         * @return shares no larger than one of that many
         */
        public Share minimumNodes(int nodes) {
            return new Share(nodes, beginEmpty);
        }

        /**
         * Lets subjects of which a node knows nothing begin without permits.
         *
         * @return shares with the stricter bound
         */
        public Share withoutBurst() {
            return new Share(minimumNodes, true);
        }
    }
}
