package dev.holdfast.examples.storefront;

import ch.qos.logback.classic.LoggerContext;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.LoggerFactory;

/** The command line of the storefront; see {@code --help}. */
public final class StorefrontDemo {
    private static final Duration REPORT_EVERY = Duration.ofSeconds(5);

    private final DemoOptions options;
    private final PrintStream out;

    private StorefrontDemo(DemoOptions options, PrintStream out) {
        this.options = options;
        this.out = out;
    }

    /**
     * Runs the demo and ends the JVM: 0 when all went well, 1 when not, 2 when the arguments are wrong.
     *
     * @param arguments see {@code --help}
     */
    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments), Scale.demo(), System.out));
    }

    /** Runs the demo until it is done or the thread interrupted; the exit code. */
    static int run(List<String> arguments, Scale scale, PrintStream out) {
        DemoOptions options;
        try {
            options = DemoOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            out.println(e.getMessage());
            out.println(DemoOptions.USAGE);
            return 2;
        }
        if (options.help()) {
            out.println(DemoOptions.USAGE);
            return 0;
        }
        if (options.endWithParent()) {
            // Otherwise the shop would outlive a Maven that is killed.
            ProcessHandle.current().parent().ifPresent(parent -> parent.onExit().thenRun(() -> System.exit(1)));
        }
        return new StorefrontDemo(options, out).run(scale);
    }

    private int run(Scale scale) {
        long start = System.nanoTime();
        try (Storefront storefront = Storefront.open(scale, options.port(), out::println)) {
            Thread closer = new Thread(() -> interrupted(storefront), "closer");
            Runtime.getRuntime().addShutdownHook(closer);
            out.printf(Locale.ROOT, "Open after %.1f s: %s%n", (System.nanoTime() - start) / 1e9, storefront.address());
            int code = options.headless() ? compare(storefront) : stayOpen(storefront);
            Runtime.getRuntime().removeShutdownHook(closer);
            return code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (Exception e) {
            out.println("The demo failed: " + e);
            e.printStackTrace(out);
            return 1;
        }
    }

    /** Closes down while requests are under way, so what fails now is of no interest. */
    private void interrupted(Storefront storefront) {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext logging) {
            logging.stop();
        }
        storefront.close();
        out.println("Stopped.");
    }

    private int compare(Storefront storefront) throws InterruptedException {
        Duration each = Duration.ofSeconds(options.seconds());
        Comparison.Result result = new Comparison(storefront, each, options.workers(), out::println).run();
        Measurement holdfast = result.holdfast();
        out.println();
        out.print(ResultTable.of(result));
        out.println();
        out.printf(
                Locale.ROOT,
                "%d visitors, %d s per path; Redis was frozen for %.1f s in the middle of the holdfast run.%n",
                options.workers(),
                options.seconds(),
                result.freeze().toMillis() / 1e3);
        if (!holdfast.flawless()) {
            out.println("FAILED: the holdfast path had errors, the first: " + holdfast.firstError());
            return 1;
        }
        return 0;
    }

    private int stayOpen(Storefront storefront) throws InterruptedException {
        out.println("Compare /naive/users/42/orders with /holdfast/users/42/orders; see also /health and /metrics.");
        out.println("Ctrl-C stops everything.");
        if (!options.traffic()) {
            new CountDownLatch(1).await();
        }
        while (true) {
            try (Traffic traffic = Traffic.start(storefront, ShopPath.HOLDFAST, options.workers(), System.nanoTime())) {
                TimeUnit.NANOSECONDS.sleep(REPORT_EVERY.toNanos());
                Measurement m = traffic.stop();
                out.printf(
                        Locale.ROOT,
                        "%,8.0f requests/s  p99 %7.2f ms  %.3f SQL/request  tier-1 %.1f%%  tier-2 %.1f%%  errors %d%n",
                        m.requestsPerSecond(),
                        m.p99().toNanos() / 1e6,
                        m.statementsPerRequest(),
                        m.hits().tier1Rate() * 100,
                        m.hits().tier2Rate() * 100,
                        m.errors() + m.staleReads());
            }
        }
    }
}
