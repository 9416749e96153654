package dev.holdfast.examples.storefront;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.util.SplittableRandom;

/**
 * One visitor: asks, waits for the answer, asks the next. The same seed gives the same requests.
 *
 * <p>After it changed a price it looks at the product, and counts the answer as stale if it is older than its change.
 */
final class Visitor implements Runnable {
    /** What all visitors of one kind know; immutable. */
    record Guide(Scale scale, Zipf products, Zipf users, Zipf days) {
        static Guide of(Scale scale) {
            return new Guide(
                    scale, new Zipf(scale.products(), 1.0), new Zipf(scale.users(), 0.8), new Zipf(Scale.DAYS, 1.2));
        }
    }

    // Of 100 visits. A change of price makes two requests.
    private static final int PRODUCT_VISITS = 65;
    private static final int ORDER_VISITS = 22;
    private static final int SUMMARY_VISITS = 10;
    private static final int SECOND_PAGE = 5;

    private final ShopClient client;
    private final String root;
    private final Guide guide;
    private final Tally tally;
    private final SplittableRandom random;
    private final ObjectMapper json = new ObjectMapper();
    private volatile boolean leaving;

    Visitor(URI address, ShopPath path, Guide guide, Tally tally, long seed) {
        this.client = new ShopClient(address);
        this.root = "/" + path.segment();
        this.guide = guide;
        this.tally = tally;
        this.random = new SplittableRandom(seed);
    }

    /** Ends after the request under way. */
    void leave() {
        leaving = true;
    }

    @Override
    public void run() {
        try (client) {
            while (!leaving) {
                visit();
            }
        } catch (IOException e) {
            tally.failed("closing the connection: " + e);
        }
    }

    private void visit() {
        int dice = random.nextInt(100);
        if (dice < PRODUCT_VISITS) {
            get("/products/" + product());
        } else if (dice < PRODUCT_VISITS + ORDER_VISITS) {
            long user = 1L + guide.users().draw(random);
            get("/users/" + user + "/orders?page=" + (random.nextInt(SECOND_PAGE) == 0 ? 2 : 1));
        } else if (dice < PRODUCT_VISITS + ORDER_VISITS + SUMMARY_VISITS) {
            get("/summary?day=" + Scale.lastDay().minusDays(guide.days().draw(random)));
        } else {
            changePrice(product(), 100 + random.nextInt(20_000));
        }
    }

    private long product() {
        return guide.scale().productOfRank(guide.products().draw(random));
    }

    private void changePrice(long product, int cents) {
        String address = root + "/products/" + product;
        byte[] changed = send("PUT", address + "/price", Integer.toString(cents));
        byte[] seen = changed == null ? null : send("GET", address, "");
        if (seen == null) {
            return;
        }
        try {
            long written = json.readTree(changed).path("version").asLong();
            long read = json.readTree(seen).path("product").path("version").asLong();
            if (read < written) {
                tally.stale("product %d: read version %d after writing %d".formatted(product, read, written));
            }
        } catch (IOException e) {
            tally.failed("unreadable answer for product " + product + ": " + e);
        }
    }

    private void get(String path) {
        send("GET", root + path, "");
    }

    /** The body of the answer, or null if there was none or it was not 200. */
    private byte[] send(String method, String path, String body) {
        long start = System.nanoTime();
        try {
            ShopClient.Answer answer = method.equals("PUT") ? client.put(path, body) : client.get(path);
            if (answer.status() == 200) {
                tally.answered(System.nanoTime() - start);
                return answer.body();
            }
            tally.failed(method + " " + path + ": " + answer.status() + " " + answer.text());
        } catch (IOException e) {
            tally.failed(method + " " + path + ": " + e);
        }
        return null;
    }
}
