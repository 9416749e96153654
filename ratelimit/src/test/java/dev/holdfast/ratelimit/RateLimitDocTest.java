package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.redis.RedisServer;
import jakarta.servlet.ServletContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The code in docs/ratelimit.md compiles, does what the text says, and is the code below. */
@Servers
class RateLimitDocTest {
    private static final Pattern REGION = Pattern.compile("(?s) *// (\\w+) begin\n(.*?) *// \\1 end\n");

    private RedisLink link;
    private RateLimiter limiter;
    private final Map<String, String> response = new TreeMap<>();
    private final List<String> log = new ArrayList<>();

    @BeforeEach
    void connect(RedisServer redis) {
        link = RedisLink.connect(redis.uri());
        assertThat(link.awaitUp(Duration.ofSeconds(30))).isTrue();
        limiter = RateLimiter.builder("docs")
                .redis(link)
                .timeout(Duration.ofSeconds(5))
                .plan("free", Plan.of(Limit.perMinute(100).burst(2)))
                .plan("pro", Plan.of(Limit.perMinute(500)))
                .plan("heavy", Plan.of(Limit.perHour(1)))
                .otherwise("free")
                .build();
    }

    @AfterEach
    void close() {
        limiter.close();
        link.close();
    }

    private static boolean isPro(Subject subject) {
        return subject.toString().contains("pro");
    }

    @Test
    void theLimiterOfTheFirstSample_decidesByEndpointAndSubject() {
        String first = ask("ann", "10.0.0.1");
        assertThat(first).isEqualTo("served");
    }

    private String ask(String user, String clientAddress) {
        // limiter begin
        RateLimiter limiter = RateLimiter.builder("api")
                .redis(link) // RedisLink.disabled() to count on this node alone
                .plan("free", Plan.of(Limit.perMinute(100).burst(20)))
                .plan("pro", Plan.of(Limit.perMinute(500), Limit.perSecond(50)))
                .plan(
                        "login",
                        Plan.of(Limit.slidingWindow(5, Duration.ofMinutes(15)))
                                .penalty(Penalty.escalating(Duration.ofMinutes(1), Duration.ofHours(1))))
                .assign(subject -> isPro(subject) ? "pro" : null) // what a subject has …
                .route("POST /login", "login") // … unless its endpoint has a plan of its own
                .otherwise("free")
                .skip("GET /health*")
                .fallback(Fallback.share().minimumNodes(3)) // while Redis is away
                .build();

        Decision decision = limiter.check(Subject.of(user, clientAddress), "GET /orders");
        if (!decision.allowed()) {
            return "429, retry after " + decision.retryAfter().orElseThrow();
        }
        // limiter end
        assertThat(decision.plan()).contains("free");
        assertThat(limiter.check(Subject.user("pro-1"), "GET /orders").plan()).contains("pro");
        assertThat(limiter.check(Subject.user("pro-1"), "POST /login").plan()).contains("login");
        assertThat(limiter.check(Subject.user("pro-1"), "GET /health/live").source())
                .isEqualTo(Decision.Source.SKIPPED);
        limiter.close();
        return "served";
    }

    @Test
    void clientAddress_isFoundBehindProxies() {
        String peer = "10.1.2.3";
        Map<String, List<String>> request = Map.of("X-Forwarded-For", List.of("6.6.6.6, 1.2.3.4, 10.9.9.9"));
        // address begin
        ClientAddress address = ClientAddress.behind("10.0.0.0/8", "fd00::/8"); // your proxies
        String client = address.of(peer, request.get("X-Forwarded-For"));
        // address end
        assertThat(client).isEqualTo("1.2.3.4");
    }

    @Test
    void plans_changeWhileRequestsRun() {
        Subject ann = Subject.user("ann-live");
        assertThat(limiter.tryAcquire(ann, "free").remaining()).isEqualTo(1);
        // live begin
        limiter.plans().put("free", Plan.of(Limit.perMinute(60).burst(20)));
        limiter.plans().route("POST /reports", "heavy").skip("GET /metrics");
        // live end
        assertThat(limiter.peek(ann, "free").remaining()).isEqualTo(19);
        assertThat(limiter.check(ann, "POST /reports").plan()).contains("heavy");
        assertThat(limiter.check(ann, "GET /metrics").plan()).isEmpty();
    }

    @Test
    void severalSubjects_areAskedAtOnce() {
        // both begin
        List<Decision> both = limiter.tryAcquireAll(List.of(
                new Ask(Subject.user("ann").within("acme"), "free", 1), new Ask(Subject.tenant("acme"), "pro", 1)));
        // both end
        assertThat(both).extracting(Decision::remaining).containsExactly(1L, 499L);
    }

    @Test
    void headers_tellARefusal() {
        Subject subject = Subject.user("ann-headers");
        limiter.tryAcquire(subject, "free", 2);
        Decision decision = limiter.tryAcquire(subject, "free");
        // headers begin
        RateLimitHeaders headers = RateLimitHeaders.format()
                .jitter(Duration.ofSeconds(3)) // so that who is refused together does not come back together
                .of(decision);
        headers.forEach(response::put);
        int status = headers.status(); // 429, or 503 behind a closed fallback
        // headers end
        assertThat(status).isEqualTo(429);
        assertThat(response).containsEntry("RateLimit-Policy", "\"minute\";q=2;w=2");
        assertThat(Integer.parseInt(response.get("Retry-After"))).isBetween(1, 4);
    }

    @Test
    void theServerOfTheJdk_isLimited() throws Exception {
        HttpHandler handler = exchange -> {
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        };
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        // http begin
        server.createContext(
                "/",
                dev.holdfast.ratelimit.http.RateLimitFilter.of(limiter)
                        .address(ClientAddress.behind("10.0.0.0/8"))
                        .before(handler));
        // http end
        server.start();
        try {
            URI uri = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
            HttpResponse<Void> answer = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding());
            assertThat(answer.statusCode()).isEqualTo(204);
            assertThat(answer.headers().firstValue("X-RateLimit-Remaining")).contains("1");
        } finally {
            server.stop(0);
        }
    }

    /** Compiled only: the filter has a test with a container. */
    static void servlet(ServletContext context, RateLimiter limiter) {
        // servlet begin
        context.addFilter("limits", dev.holdfast.ratelimit.servlet.RateLimitFilter.of(limiter))
                .addMappingForUrlPatterns(null, true, "/*");
        // servlet end
    }

    @Test
    void plansPunish_orOnlyTry() {
        // penalty begin
        Plan strict = Plan.of(Limit.perMinute(100))
                .penalty(Penalty.escalating(Duration.ofMinutes(1), Duration.ofHours(1))
                        .afterRefusals(10));
        // penalty end
        // shadow begin
        Plan tried = Plan.of(Limit.perMinute(30)).shadow();
        // shadow end
        limiter.plans().put("strict", strict).put("tried", tried);
        Subject bot = Subject.user("bot");
        limiter.tryAcquire(bot, "strict", 100);
        // Half the bucket at a time, which takes half a minute to come back, so that no machine is too slow for it.
        for (int i = 0; i < 9; i++) {
            assertThat(limiter.tryAcquire(bot, "strict", 50).source()).isEqualTo(Decision.Source.REDIS);
        }
        Decision tenth = limiter.tryAcquire(bot, "strict", 50);
        assertThat(tenth.source()).isEqualTo(Decision.Source.PENALTY);
        assertThat(tenth.retryAfter().orElseThrow()).isEqualTo(Duration.ofMinutes(1));
        limiter.tryAcquire(bot, "tried", 30);
        Decision shadowed = limiter.tryAcquire(bot, "tried", 15);
        assertThat(shadowed.allowed()).isTrue();
        assertThat(shadowed.shadowed()).isTrue();
        // most begin
        for (RefusedSubject most : limiter.mostRefused(10)) {
            log.add(most.subject() + " was refused " + most.refusals() + " times lately");
        }
        // most end
        assertThat(log).singleElement().asString().endsWith(" was refused 11 times lately");
    }

    @Test
    void theSnippetsOfThePage_areTheCodeOfThisTest() throws Exception {
        String here = Files.readString(Path.of("src/test/java/dev/holdfast/ratelimit/RateLimitDocTest.java"));
        String text = Files.readString(Path.of("../docs/ratelimit.md"));
        List<String> snippets = new ArrayList<>();
        Matcher region = REGION.matcher(here);
        while (region.find()) {
            String snippet = "```java\n" + region.group(2).stripTrailing().stripIndent() + "\n```";
            assertThat(text).as(region.group(1)).contains(snippet);
            snippets.add(snippet);
        }
        assertThat(text.split("```java\n", -1).length - 1)
                .as("every snippet of the page is one that runs")
                .isEqualTo(snippets.size());
    }
}
