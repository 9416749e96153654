package dev.holdfast.benchmarks.cache;

import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.SentCommands;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import java.util.Arrays;
import java.util.List;

/** Counts what a node sends to Redis for keys that only the source has, until tier 2 has them too. */
final class CommandsPerFill implements Scenario {

    private static final Target COMMANDS = Target.atMost("commands-fill", 3);
    private static final int WINDOWS = 15;
    private static final int READS = 50;

    @Override
    public List<Target> targets() {
        return List.of(COMMANDS);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Node<Long> node =
                Node.ofNumbers(session.redis().uri(), "bench-fill", builder -> builder.loader(key -> key))) {
            node.awaitTier2(read -> -read);
            double[] perRead = new double[WINDOWS];
            try (SentCommands sent = new SentCommands(session.redis())) {
                for (int window = 0; window < WINDOWS; window++) {
                    long fills = node.cache().stats().fills();
                    sent.take();
                    for (int i = 0; i < READS; i++) {
                        node.cache().get((long) window * READS + i);
                    }
                    node.awaitFills(fills + READS);
                    perRead[window] = sent.take() / (double) READS;
                }
            }
            // Whatever a miss sends falls into all windows, the node's heartbeat into few.
            Arrays.sort(perRead);
            session.report(COMMANDS, perRead[WINDOWS / 2], "commands sent per miss and fill");
        }
    }
}
