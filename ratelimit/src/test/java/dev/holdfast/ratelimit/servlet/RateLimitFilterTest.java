package dev.holdfast.ratelimit.servlet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.ratelimit.ClientAddress;
import dev.holdfast.ratelimit.Limit;
import dev.holdfast.ratelimit.Plan;
import dev.holdfast.ratelimit.RateLimiter;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.apache.catalina.Context;
import org.apache.catalina.LifecycleException;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real requests to Tomcat. */
class RateLimitFilterTest {
    /** Held, since loggers that nobody holds forget their level. */
    private static final Logger LOG = Logger.getLogger("org.apache");

    @TempDir
    private Path directory;

    private final RateLimiter limiter = RateLimiter.builder("web")
            .redis(RedisLink.disabled())
            .plan("free", Plan.of(Limit.perHour(2).named("hour")))
            .plan("login", Plan.of(Limit.perHour(1).named("login")))
            .route("GET /login", "login")
            .otherwise("free")
            .skip("GET /health")
            .build();
    private final HttpClient client = HttpClient.newHttpClient();
    private final AtomicInteger handled = new AtomicInteger();
    private final Tomcat tomcat = new Tomcat();

    @BeforeEach
    void start() throws LifecycleException {
        LOG.setLevel(Level.SEVERE);
        tomcat.setBaseDir(directory.toString());
        tomcat.setPort(0);
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("/app", directory.toString());
        Tomcat.addServlet(context, "all", new HttpServlet() {
            @Override
            protected void doGet(HttpServletRequest request, HttpServletResponse response) {
                handled.incrementAndGet();
                response.setStatus(204);
            }
        });
        context.addServletMappingDecoded("/*", "all");
        FilterDef filter = new FilterDef();
        filter.setFilterName("limits");
        filter.setFilter(RateLimitFilter.of(limiter)
                .user(request -> request.getHeader("Key"))
                .address(ClientAddress.behind("127.0.0.1"))
                .whenRefused((request, response, headers) ->
                        response.getWriter().print("wait " + headers.asMap().get("Retry-After"))));
        context.addFilterDef(filter);
        FilterMap map = new FilterMap();
        map.setFilterName("limits");
        map.addURLPattern("/*");
        context.addFilterMap(map);
        tomcat.start();
    }

    @AfterEach
    void stop() throws LifecycleException {
        tomcat.stop();
        tomcat.destroy();
        limiter.close();
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + tomcat.getConnector().getLocalPort() + "/app" + path);
        return client.send(HttpRequest.newBuilder(uri).headers(headers).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void requestsBeyondTheLimit_are429_withHeaders_andNotHandled() throws Exception {
        HttpResponse<String> first = get("/a", "X-Forwarded-For", "6.6.6.6, 1.1.1.1");
        assertThat(get("/b", "X-Forwarded-For", "1.1.1.1").statusCode()).isEqualTo(204);
        HttpResponse<String> refused = get("/a", "X-Forwarded-For", "1.1.1.1");

        assertThat(first.statusCode()).isEqualTo(204);
        assertThat(first.headers().firstValue("RateLimit")).contains("\"hour\";r=1;t=1800");
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.body()).matches("wait 1[78]\\d\\d");
        assertThat(handled).hasValue(2);
        assertThat(get("/a", "X-Forwarded-For", "2.2.2.2").statusCode()).isEqualTo(204);
    }

    @Test
    void usersGoBeforeAddresses() throws Exception {
        for (String key : new String[] {"ann", "bob"}) {
            assertThat(get("/a", "Key", key).statusCode()).isEqualTo(204);
            assertThat(get("/a", "Key", key).statusCode()).isEqualTo(204);
            assertThat(get("/a", "Key", key).statusCode()).isEqualTo(429);
        }
    }

    @Test
    void aRouteIsKnown_howeverItIsWritten() throws Exception {
        assertThat(get("/login", "Key", "a").statusCode()).isEqualTo(204);
        assertThat(get("/%6Cogin;x=1", "Key", "a").statusCode()).isEqualTo(429);
        assertThat(get("/./login", "Key", "a").statusCode()).isEqualTo(429);
    }

    @Test
    void skippedEndpoints_areNeverRefused() throws Exception {
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> response = get("/health", "Key", "a");
            assertThat(response.statusCode()).isEqualTo(204);
            assertThat(response.headers().firstValue("RateLimit")).isEmpty();
        }
    }
}
