package dev.holdfast.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.BasicAuthenticator;
import com.sun.net.httpserver.HttpContext;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.ratelimit.ClientAddress;
import dev.holdfast.ratelimit.Limit;
import dev.holdfast.ratelimit.Plan;
import dev.holdfast.ratelimit.RateLimitHeaders;
import dev.holdfast.ratelimit.RateLimiter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real requests to a real server; the limiter counts on its own, which its other tests vary. */
class RateLimitFilterTest {
    private final RateLimiter limiter = RateLimiter.builder("api")
            .redis(RedisLink.disabled())
            .plan("free", Plan.of(Limit.perHour(2).named("hour")))
            .plan("login", Plan.of(Limit.perHour(1).named("login")))
            .route("POST /login*", "login")
            .otherwise("free")
            .skip("GET /health")
            .build();
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger handled = new AtomicInteger();
    private HttpServer server;
    private HttpContext context;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        context = server.createContext("/", exchange -> {
            handled.incrementAndGet();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        limiter.close();
    }

    private void filter(UnaryOperator<RateLimitFilter> settings) {
        context.getFilters().add(settings.apply(RateLimitFilter.of(limiter)));
    }

    private HttpResponse<String> send(UnaryOperator<HttpRequest.Builder> request) throws Exception {
        URI root = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
        return client.send(request.apply(HttpRequest.newBuilder(root)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private int get(String path, String... headers) throws Exception {
        return send(r -> {
                    URI uri =
                            URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
                    return headers.length == 0 ? r.uri(uri) : r.uri(uri).headers(headers);
                })
                .statusCode();
    }

    @Test
    void requestsBeyondTheLimit_are429_withHeaders_andNotHandled() throws Exception {
        filter(f -> f);

        HttpResponse<String> first = send(r -> r);
        assertThat(get("/other")).isEqualTo(204);
        HttpResponse<String> refused = send(r -> r);

        assertThat(first.statusCode()).isEqualTo(204);
        assertThat(first.headers().firstValue("RateLimit")).contains("\"hour\";r=1;t=1800");
        assertThat(first.headers().firstValue("RateLimit-Policy")).contains("\"hour\";q=2;w=3600");
        assertThat(first.headers().firstValue("X-RateLimit-Remaining")).contains("1");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).isEmpty();
        assertThat(refused.headers().firstValueAsLong("Retry-After").orElseThrow())
                .isBetween(1_700L, 1_800L);
        assertThat(handled).hasValue(2);
    }

    @Test
    void skippedEndpoints_areNeverRefused_andTellNothing() throws Exception {
        filter(f -> f);
        for (int i = 0; i < 5; i++) {
            assertThat(get("/health")).isEqualTo(204);
        }
        HttpResponse<String> skipped = send(
                r -> r.uri(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/health?deep=1")));
        assertThat(skipped.headers().firstValue("RateLimit")).isEmpty();
    }

    @Test
    void routes_haveTheirOwnPlan() throws Exception {
        filter(f -> f);
        UnaryOperator<HttpRequest.Builder> login =
                r -> r.uri(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/login/form?x=y"))
                        .POST(HttpRequest.BodyPublishers.ofString("name=me"));
        assertThat(send(login).statusCode()).isEqualTo(204);
        assertThat(send(login).statusCode()).isEqualTo(429);
        assertThat(get("/login/form")).isEqualTo(204);
    }

    @Test
    void theUserOfTheAuthenticator_isTheSubject_whereverHeComesFrom() throws Exception {
        HttpHandler handler = context.getHandler();
        server.removeContext(context);
        context = server.createContext(
                "/",
                RateLimitFilter.of(limiter)
                        .address(ClientAddress.behind("127.0.0.0/8"))
                        .before(handler));
        context.setAuthenticator(new BasicAuthenticator("r") {
            @Override
            public boolean checkCredentials(String user, String password) {
                return password.equals("p");
            }
        });
        String ann = "Basic " + Base64.getEncoder().encodeToString("ann:p".getBytes(StandardCharsets.UTF_8));
        String bob = "Basic " + Base64.getEncoder().encodeToString("bob:p".getBytes(StandardCharsets.UTF_8));

        assertThat(get("/", "Authorization", ann, "X-Forwarded-For", "1.1.1.1")).isEqualTo(204);
        assertThat(get("/", "Authorization", ann, "X-Forwarded-For", "2.2.2.2")).isEqualTo(204);
        assertThat(get("/", "Authorization", ann, "X-Forwarded-For", "3.3.3.3")).isEqualTo(429);
        assertThat(get("/", "Authorization", bob, "X-Forwarded-For", "1.1.1.1")).isEqualTo(204);
    }

    @Test
    void withoutTrustedProxies_aForgedAddressDoesNotHelp() throws Exception {
        filter(f -> f);
        assertThat(get("/", "X-Forwarded-For", "1.1.1.1")).isEqualTo(204);
        assertThat(get("/", "X-Forwarded-For", "2.2.2.2")).isEqualTo(204);
        assertThat(get("/", "X-Forwarded-For", "3.3.3.3")).isEqualTo(429);
    }

    @Test
    void behindATrustedProxy_eachClientHasItsOwnLimit() throws Exception {
        filter(f -> f.address(ClientAddress.behind("127.0.0.1")));
        assertThat(get("/", "X-Forwarded-For", "9.9.9.9, 1.1.1.1")).isEqualTo(204);
        assertThat(get("/", "X-Forwarded-For", "8.8.8.8, 1.1.1.1")).isEqualTo(204);
        assertThat(get("/", "X-Forwarded-For", "7.7.7.7, 1.1.1.1")).isEqualTo(429);
        assertThat(get("/", "X-Forwarded-For", "7.7.7.7, 2.2.2.2")).isEqualTo(204);
    }

    @Test
    void userEndpointFormatAndRefusal_canBeSet() throws Exception {
        filter(f -> f.user(exchange -> exchange.getRequestHeaders().getFirst("Key"))
                .endpoint(exchange -> "POST /login")
                .headers(RateLimitHeaders.format().withoutLegacy())
                .whenRefused((exchange, headers) -> {
                    byte[] body =
                            ("{\"wait\":" + headers.asMap().get("Retry-After") + "}").getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(headers.status(), body.length);
                    exchange.getResponseBody().write(body);
                }));
        assertThat(get("/", "Key", "a")).isEqualTo(204);
        assertThat(get("/", "Key", "b")).isEqualTo(204);
        HttpResponse<String> refused = send(r -> r.header("Key", "a"));
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).matches("\\{\"wait\":3[56]\\d\\d}");
        assertThat(refused.headers().map()).doesNotContainKey("x-ratelimit-limit");
    }
}
