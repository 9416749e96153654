package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The shop as its visitors see it, over HTTP. */
class StorefrontTest {
    private static Storefront storefront;

    private final ObjectMapper json = new ObjectMapper();
    private ShopClient client;

    @BeforeAll
    static void open() throws Exception {
        storefront = Storefront.open(Shops.SMALL, Progress.silent());
    }

    @AfterAll
    static void close() {
        storefront.close();
    }

    @BeforeEach
    void connect() {
        client = new ShopClient(storefront.address());
    }

    @AfterEach
    void disconnect() throws IOException {
        client.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/products/1",
                "/products/5000",
                "/products/5001",
                "/users/1/orders",
                "/users/42/orders?page=1",
                "/users/42/orders?page=2",
                "/users/42/orders?page=1000000",
                "/users/501/orders",
                "/summary?day=2025-01-01",
                "/summary?day=2025-12-31",
                "/summary?day=2024-12-31",
                "/summary",
                "/nonsense"
            })
    void bothPaths_giveTheSameAnswer_coldAndWarm(String page) throws IOException {
        ShopClient.Answer naive = client.get("/naive" + page);
        ShopClient.Answer cold = client.get("/holdfast" + page);
        ShopClient.Answer warm = client.get("/holdfast" + page);
        assertThat(naive.text()).isNotEmpty();
        assertThat(cold.text()).isEqualTo(naive.text());
        assertThat(warm.text()).isEqualTo(naive.text());
        assertThat(cold.status()).isEqualTo(naive.status());
        assertThat(warm.status()).isEqualTo(naive.status());
    }

    @Test
    void bothPaths_giveTheSameAnswer_whilePricesChange() throws IOException {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 100; i++) {
            long product = storefront.scale().productOfRank(random.nextInt(20));
            String address = "/products/" + product;
            String writer = random.nextBoolean() ? "/naive" : "/holdfast";
            ShopClient.Answer changed = client.put(writer + address + "/price", Integer.toString(1000 + i));
            assertThat(changed.status()).isEqualTo(200);
            String seen = client.get("/holdfast" + address).text();
            assertThat(seen).isEqualTo(client.get("/naive" + address).text()).contains("\"priceCents\":" + (1000 + i));
        }
    }

    @Test
    void orderList_showsWhatIsAskedFor() throws IOException {
        JsonNode page =
                json.readTree(client.get("/holdfast/users/42/orders?page=1").body());
        assertThat(page.path("total").asInt())
                .isGreaterThanOrEqualTo(page.path("orders").size());
        assertThat(page.path("orders"))
                .hasSize(
                        page.path("total").asInt() > 10
                                ? 10
                                : page.path("total").asInt());
        JsonNode line = page.path("orders").path(0).path("lines").path(0);
        assertThat(line.path("productName").asText())
                .contains("no. " + line.path("productId").asLong());
        assertThat(line.path("brandName").asText()).startsWith("Brand ");
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /holdfast/products/0, 400",
        "GET, /holdfast/products/twelve, 400",
        "GET, /holdfast/users/42/orders?page=0, 400",
        "GET, /holdfast/summary?day=yesterday, 400",
        "GET, /holdfast/summary?day=+99999999-01-01, 400",
        "GET, /holdfast/summary, 400",
        "GET, /holdfast/products/12/price, 405",
        "PUT, /holdfast/products/12, 405",
        "PUT, /holdfast/products/12/price, 400",
        "GET, /holdfast/nonsense, 404",
        "GET, /nonsense, 404",
        "GET, /holdfast/products/999999, 404",
    })
    void badRequest_isAnsweredWithAReason(String method, String path, int status) throws IOException {
        ShopClient.Answer answer = method.equals("PUT") ? client.put(path, "-5") : client.get(path);
        assertThat(answer.status()).isEqualTo(status);
        assertThat(json.readTree(answer.body()).path("message").asText()).isNotEmpty();
    }

    @Test
    void health_isUpAndNamesDatabaseAndRedis() {
        await().untilAsserted(() -> {
            ShopClient.Answer answer = client.get("/health");
            assertThat(answer.status()).isEqualTo(200);
            JsonNode health = json.readTree(answer.body());
            assertThat(health.path("status").asText()).isEqualTo("UP");
            assertThat(health.path("components").path("database").path("status").asText())
                    .isEqualTo("UP");
            assertThat(health.path("components").path("redis").path("status").asText())
                    .isEqualTo("UP");
        });
    }

    @Test
    void metrics_coverPoolCachesLinkAndRequests() throws IOException {
        client.get("/holdfast/products/1");
        assertThat(client.get("/metrics").text())
                .contains("hikaricp_connections_max{pool=\"shop\"}")
                .contains("cache_gets_total{")
                .contains("holdfast_redis_")
                .contains("storefront_requests_seconds_count{endpoint=\"product\",path=\"holdfast\",status=\"200\"}");
    }

    @Test
    void root_showsWhereToClick() throws IOException {
        assertThat(client.get("/").text()).contains("/holdfast/products/", "/health", "/metrics");
    }

    @Test
    void traffic_withoutWorkers_isRejected() {
        assertThatThrownBy(() -> Traffic.start(storefront, ShopPath.NAIVE, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("workers");
    }

    @Test
    @Tag("fault")
    void frozenRedis_isDegradedHealth_andTheShopGoesOn() throws Exception {
        try (Traffic traffic = Traffic.start(storefront, ShopPath.HOLDFAST, 4, 1)) {
            storefront.freezeRedis();
            try {
                await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> {
                    ShopClient.Answer answer = client.get("/health");
                    assertThat(answer.status()).isEqualTo(200);
                    assertThat(json.readTree(answer.body()).path("status").asText())
                            .isEqualTo("DEGRADED");
                });
                ShopClient.Answer changed = client.put("/holdfast/products/7/price", "777");
                assertThat(changed.status()).isEqualTo(200);
                assertThat(client.get("/holdfast/products/7").text()).contains("\"priceCents\":777");
            } finally {
                storefront.thawRedis();
            }
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(
                            () -> assertThat(client.get("/health").text()).startsWith("{\"status\":\"UP\""));
            assertThat(client.get("/holdfast/products/7").text()).contains("\"priceCents\":777");
            Measurement seen = traffic.stop();
            assertThat(seen.flawless()).as(seen.firstError()).isTrue();
        }
    }
}
