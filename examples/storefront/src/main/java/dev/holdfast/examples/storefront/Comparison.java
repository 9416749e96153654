package dev.holdfast.examples.storefront;

import java.time.Duration;
import java.util.Locale;

/**
 * The headless run: warms both paths up, measures one after the other, and freezes Redis in the middle of the second.
 */
final class Comparison {
    private static final long SEED = 2026;
    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(5);
    private static final Duration LONGEST_FREEZE = Duration.ofMillis(2500);

    private final Storefront storefront;
    private final Duration each;
    private final int workers;
    private final Progress progress;

    /** What was measured. */
    record Result(Measurement naive, Measurement holdfast, Duration freeze) {}

    /**
     * Plans a run.
     *
     * @param each how long each path is measured
     * @param workers visitors at a time
     */
    Comparison(Storefront storefront, Duration each, int workers, Progress progress) {
        this.storefront = storefront;
        this.each = each;
        this.workers = workers;
        this.progress = progress;
    }

    Result run() throws InterruptedException {
        Duration warmUp = min(LONGEST_WARM_UP, each.dividedBy(2));
        Duration freeze = min(LONGEST_FREEZE, each.dividedBy(3));
        progress.say("Warming up both paths, %s s each ...".formatted(seconds(warmUp)));
        for (ShopPath path : ShopPath.values()) {
            measure(path, warmUp, SEED - workers);
        }
        progress.say("Measuring the naive path for %s s ...".formatted(seconds(each)));
        Measurement naive = measure(ShopPath.NAIVE, each, SEED);

        progress.say("Measuring the holdfast path for %s s ...".formatted(seconds(each)));
        Duration before = each.minus(freeze).dividedBy(2);
        try (Traffic traffic = Traffic.start(storefront, ShopPath.HOLDFAST, workers, SEED)) {
            Thread.sleep(before.toMillis());
            progress.say("  Redis freezes now ...");
            storefront.freezeRedis();
            try {
                Thread.sleep(freeze.toMillis());
            } finally {
                storefront.thawRedis();
                progress.say("  ... and goes on after %s s.".formatted(seconds(freeze)));
            }
            Thread.sleep(each.minus(before).minus(freeze).toMillis());
            return new Result(naive, traffic.stop(), freeze);
        }
    }

    private Measurement measure(ShopPath path, Duration duration, long seed) throws InterruptedException {
        try (Traffic traffic = Traffic.start(storefront, path, workers, seed)) {
            Thread.sleep(duration.toMillis());
            return traffic.stop();
        }
    }

    private static Duration min(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    private static String seconds(Duration duration) {
        return String.format(Locale.ROOT, "%.1f", duration.toMillis() / 1e3);
    }
}
