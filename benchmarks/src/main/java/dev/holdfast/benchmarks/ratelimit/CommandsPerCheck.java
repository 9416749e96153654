package dev.holdfast.benchmarks.ratelimit;

import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.SentCommands;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Target;
import java.util.Arrays;
import java.util.List;

/** What a check sends to Redis, and one that the deny cache answers. */
final class CommandsPerCheck implements Scenario {

    private static final Target CHECK = Target.exactly("limiter-commands", 1);
    private static final Target DENIED = Target.exactly("limiter-deny-commands", 0);
    private static final int WINDOWS = 15;
    private static final int CHECKS = 20;

    @Override
    public List<Target> targets() {
        return List.of(CHECK, DENIED);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Holdfast limiter = new Holdfast(session.redis().uri())) {
            limiter.take(0); // The script is loaded with its first call.
            limiter.refused();
            try (SentCommands sent = new SentCommands(session.redis())) {
                double checks = perCheck(sent, i -> limiter.take(Grant.subject(i)));
                session.report(CHECK, checks, "commands sent per check");
                session.report(
                        DENIED, perCheck(sent, i -> limiter.refused() != null), "commands sent per denied check");
            }
        }
    }

    /** In the median window, into which neither a heartbeat falls nor the second after which a denial is asked again. */
    private static double perCheck(SentCommands sent, Grant grant) throws Exception {
        double[] perCheck = new double[WINDOWS];
        for (int window = 0; window < WINDOWS; window++) {
            sent.take();
            for (int i = 0; i < CHECKS; i++) {
                grant.take(window * CHECKS + i);
            }
            perCheck[window] = sent.take() / (double) CHECKS;
        }
        Arrays.sort(perCheck);
        return perCheck[WINDOWS / 2];
    }
}
