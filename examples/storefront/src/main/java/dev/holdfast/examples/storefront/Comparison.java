package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.util.Locale;

/**
 * The headless run: warms both paths up, measures them in turns, so that whatever else the machine does meets both alike,
 * and freezes Redis in the middle of the holdfast path's time.
 */
final class Comparison {
    /** What was measured. */
    record Result(Measurement naive, Measurement holdfast, Duration freeze) {}

    private static final long SEED = 2026;

    /** Odd, so that there is one in the middle. */
    private static final int TURNS = 3;

    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(10);
    private static final Duration LONGEST_FREEZE = Duration.ofMillis(2500);

    private final Storefront storefront;
    private final int workers;
    private final Progress progress;
    private final Duration warmUp;
    private final Duration turn;
    private final Duration freeze;

    /**
     * Plans a run.
     *
     * @param each how long each path is measured
     * @param workers visitors at a time
     */
    Comparison(Storefront storefront, Duration each, int workers, Progress progress) {
        this.storefront = storefront;
        this.workers = workers;
        this.progress = progress;
        this.warmUp = min(LONGEST_WARM_UP, each.dividedBy(2));
        this.turn = each.dividedBy(TURNS);
        this.freeze = min(LONGEST_FREEZE, turn.dividedBy(2));
    }

    Result run() throws InterruptedException {
        progress.say("Warming up, %s s per path ...".formatted(seconds(warmUp)));
        for (ShopPath path : ShopPath.values()) {
            visit(path, warmUp, -1, new Tally());
        }
        Tally naive = new Tally();
        Tally holdfast = new Tally();
        for (int i = 1; i <= TURNS; i++) {
            progress.say("Measuring the naive path for %s s (%d of %d) ...".formatted(seconds(turn), i, TURNS));
            visit(ShopPath.NAIVE, turn, i, naive);
            progress.say("Measuring the holdfast path for %s s (%d of %d) ...".formatted(seconds(turn), i, TURNS));
            visit(ShopPath.HOLDFAST, turn, i, holdfast);
        }
        return new Result(naive.measurement(ShopPath.NAIVE), holdfast.measurement(ShopPath.HOLDFAST), freeze);
    }

    private void visit(ShopPath path, Duration duration, int round, Tally tally) throws InterruptedException {
        try (Traffic traffic = Traffic.start(storefront, path, workers, SEED + (long) round * workers, tally)) {
            if (path == ShopPath.HOLDFAST && round == TURNS / 2 + 1) {
                Duration around = duration.minus(freeze).dividedBy(2);
                Thread.sleep(around.toMillis());
                freezeRedis();
                Thread.sleep(around.toMillis());
            } else {
                Thread.sleep(duration.toMillis());
            }
            traffic.stop();
        }
    }

    private void freezeRedis() throws InterruptedException {
        progress.say("  Redis freezes now ...");
        storefront.freezeRedis();
        try {
            Thread.sleep(freeze.toMillis());
        } finally {
            storefront.thawRedis();
            progress.say("  ... and goes on after %s s.".formatted(seconds(freeze)));
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1e3);
    }
}
