package dev.holdfast.benchmarks.foundation;

import dev.holdfast.benchmarks.PairedRun;
import dev.holdfast.benchmarks.ResultsDifferException;
import dev.holdfast.benchmarks.Sample;
import dev.holdfast.benchmarks.Scenario;
import dev.holdfast.benchmarks.Session;
import dev.holdfast.benchmarks.Side;
import dev.holdfast.benchmarks.Target;
import dev.holdfast.examples.storefront.Measurement;
import dev.holdfast.examples.storefront.Scale;
import dev.holdfast.examples.storefront.ShopPath;
import dev.holdfast.examples.storefront.Storefront;
import dev.holdfast.examples.storefront.Traffic;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The demo shop, visited in short turns on its naive path and on the path through Holdfast. */
final class Shop implements Scenario {

    private static final Target RATE = Target.atLeast("storefront", 5);
    private static final Target STATEMENTS = Target.atLeast("storefront-statements", 10);
    private static final int VISITORS = 16;
    private static final int COMPARED = 25;

    @Override
    public List<Target> targets() {
        return List.of(RATE, STATEMENTS);
    }

    @Override
    public void run(Session session) throws Exception {
        try (Storefront storefront = Storefront.open(Scale.demo(), session::progress)) {
            compareAnswers(storefront.address());
            session.progress("both paths gave the same answers; sending visitors in");
            // A shop in service has met its customers: the caches are measured filled, as they are in all other
            // scenarios.
            visit(
                    storefront,
                    ShopPath.HOLDFAST,
                    session.pick(Duration.ofSeconds(3), Duration.ofSeconds(15)),
                    -VISITORS);
            Tally tally = new Tally(storefront, session.pick(Duration.ofMillis(500), Duration.ofSeconds(2)));
            session.report(
                    RATE,
                    PairedRun.named("storefront")
                            .subject("holdfast", tally.side(ShopPath.HOLDFAST))
                            .baseline("naive", tally.side(ShopPath.NAIVE))
                            .warmUp(session.pick(Duration.ofSeconds(2), Duration.ofSeconds(10)))
                            .measure(session.pick(Duration.ofSeconds(8), Duration.ofSeconds(90)), 8)
                            .run(),
                    "requests/s");
            double naive = tally.statementsPerRequest(ShopPath.NAIVE);
            double holdfast = tally.statementsPerRequest(ShopPath.HOLDFAST);
            session.report(
                    STATEMENTS,
                    naive / holdfast,
                    "times the SQL statements per request: naive " + naive + ", holdfast " + holdfast);
        }
    }

    private static Measurement visit(Storefront storefront, ShopPath path, Duration time, long seed)
            throws InterruptedException {
        try (Traffic traffic = Traffic.start(storefront, path, VISITORS, seed)) {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
            Measurement measured = traffic.stop();
            if (!measured.flawless()) {
                throw new IllegalStateException(path + ": " + measured.errors() + " errors and " + measured.staleReads()
                        + " stale reads in " + measured.requests() + " requests, the first: "
                        + measured.firstError());
            }
            return measured;
        }
    }

    private static void compareAnswers(URI address) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        for (int n = 1; n <= COMPARED; n++) {
            for (String path : List.of(
                    "/products/" + 997 * n,
                    "/users/" + 397 * n + "/orders",
                    "/summary?day=2025-03-" + (n < 10 ? "0" : "") + n)) {
                String naive = answer(client, address, ShopPath.NAIVE, path);
                for (int again = 0; again < 2; again++) {
                    String holdfast = answer(client, address, ShopPath.HOLDFAST, path);
                    if (!naive.equals(holdfast)) {
                        throw new ResultsDifferException(path + ": naive answers " + naive + ", holdfast " + holdfast);
                    }
                }
            }
        }
    }

    private static String answer(HttpClient client, URI address, ShopPath path, String what)
            throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/" + path.segment() + what))
                .build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(request.uri() + " answered " + response.statusCode() + ": " + response.body());
        }
        return response.body();
    }

    /** Measures turns and adds up their requests and statements. */
    private static final class Tally {
        private final Storefront storefront;
        private final Duration turn;
        private final Map<ShopPath, long[]> sums = new EnumMap<>(ShopPath.class);

        Tally(Storefront storefront, Duration turn) {
            this.storefront = storefront;
            this.turn = turn;
            for (ShopPath path : ShopPath.values()) {
                sums.put(path, new long[2]);
            }
        }

        Side side(ShopPath path) {
            return pair -> {
                // Other visitors in every pair, the same on both paths.
                Measurement measured = visit(storefront, path, turn, (long) pair * VISITORS);
                sums.get(path)[0] += measured.requests();
                sums.get(path)[1] += measured.statements();
                return new Sample(measured.requestsPerSecond(), 0);
            };
        }

        double statementsPerRequest(ShopPath path) {
            long[] sum = sums.get(path);
            return sum[1] / (double) sum[0];
        }
    }
}
