package dev.holdfast.examples.storefront;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP side, on 127.0.0.1: the shop under {@code /naive} and {@code /holdfast}, {@code /health}, {@code /metrics}.
 *
 * <p>A bounded number of threads answers; when their queue is full the thread that accepts requests answers one itself,
 * and so accepts more slowly.
 */
final class ShopServer implements AutoCloseable {
    static {
        // Read when the JDK's server is first used: without it each answer waits for a delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private static final Logger log = LoggerFactory.getLogger(ShopServer.class);
    private static final int THREADS = 24;
    private static final int QUEUED = 256;
    private static final int MAX_BODY = 1024;
    private static final String JSON = "application/json; charset=utf-8";
    private static final String TEXT = "text/plain; charset=utf-8";

    private record Reply(int status, String contentType, byte[] body) {}

    private final ObjectMapper json = new ObjectMapper();
    private final Map<String, ShopApi> shops = new HashMap<>();
    private final HealthReport health;
    private final PrometheusMeterRegistry metrics;
    private final ThreadPoolExecutor threads;
    private final HttpServer server;

    /** Only the first failure in a row is logged. */
    private final AtomicBoolean failing = new AtomicBoolean();

    private volatile boolean closing;

    /**
     * Starts to serve.
     *
     * @param port 0 for any that is free
     */
    ShopServer(int port, Map<ShopPath, Shop> shops, HealthReport health, PrometheusMeterRegistry metrics)
            throws IOException {
        shops.forEach((path, shop) -> this.shops.put(path.segment(), new ShopApi(shop)));
        this.health = health;
        this.metrics = metrics;
        this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), QUEUED);
        AtomicInteger count = new AtomicInteger();
        this.threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(QUEUED),
                task -> new Thread(task, "http-" + count.incrementAndGet()),
                new ThreadPoolExecutor.CallerRunsPolicy());
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            Reply reply = reply(exchange);
            exchange.getResponseHeaders().set("Content-Type", reply.contentType);
            exchange.sendResponseHeaders(reply.status, reply.body.length == 0 ? -1 : reply.body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(reply.body);
            }
        }
    }

    private Reply reply(HttpExchange exchange) throws IOException {
        String[] segments = exchange.getRequestURI().getPath().substring(1).split("/", -1);
        ShopApi shop = shops.get(segments[0]);
        if (shop != null) {
            return shopReply(exchange, shop, segments);
        }
        return switch (exchange.getRequestURI().getPath()) {
            case "/" -> new Reply(200, "text/html; charset=utf-8", bytes(IndexPage.HTML));
            case "/health" -> {
                HealthReport.Answer answer = health.answer();
                yield new Reply(answer.httpStatus(), JSON, toJson(answer));
            }
            case "/metrics" -> new Reply(200, TEXT, bytes(metrics.scrape()));
            default -> problem(HttpProblem.notFound("address"));
        };
    }

    private Reply shopReply(HttpExchange exchange, ShopApi shop, String[] segments) throws IOException {
        long start = System.nanoTime();
        String endpoint = "unknown";
        Reply reply;
        try {
            String query = exchange.getRequestURI().getRawQuery();
            ShopApi.Call call = shop.answer(
                    exchange.getRequestMethod(),
                    Arrays.copyOfRange(segments, 1, segments.length),
                    query == null ? "" : query,
                    new String(exchange.getRequestBody().readNBytes(MAX_BODY), StandardCharsets.UTF_8));
            endpoint = call.endpoint().tag();
            reply = new Reply(200, JSON, toJson(call.answer()));
            failing.set(false);
        } catch (HttpProblem e) {
            reply = problem(e);
        } catch (RuntimeException e) {
            if (failing.compareAndSet(false, true) && !closing) {
                log.warn("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
            }
            reply = problem(new HttpProblem(500, "the shop could not answer"));
        }
        Timer.builder("storefront.requests")
                .tag("path", segments[0])
                .tag("endpoint", endpoint)
                .tag("status", Integer.toString(reply.status))
                .register(metrics)
                .record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
        return reply;
    }

    private Reply problem(HttpProblem problem) throws JsonProcessingException {
        return new Reply(
                problem.status(), JSON, toJson(Map.of("status", problem.status(), "message", problem.getMessage())));
    }

    private byte[] toJson(Object value) throws JsonProcessingException {
        return json.writeValueAsBytes(value);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        closing = true;
        server.stop(0);
        threads.shutdownNow();
    }
}
