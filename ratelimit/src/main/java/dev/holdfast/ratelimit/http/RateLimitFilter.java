package dev.holdfast.ratelimit.http;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpPrincipal;
import dev.holdfast.ratelimit.ClientAddress;
import dev.holdfast.ratelimit.Decision;
import dev.holdfast.ratelimit.RateLimitHeaders;
import dev.holdfast.ratelimit.RateLimiter;
import dev.holdfast.ratelimit.Subject;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Limits the requests of a {@link com.sun.net.httpserver.HttpServer}: {@code context.getFilters().add(RateLimitFilter.of(
 * limiter))},
 * or {@code server.createContext("/", RateLimitFilter.of(limiter).before(handler))}.
 *
 * <p>The subject is the user, else the client's address. A context's authenticator runs after all filters and before the
 * handler, so it is {@link #before} that knows the user it found; as a filter, {@link #user} has to name one. The endpoint is method and
 * path, such as {@code GET /orders/7}; which plan it has, and which endpoints are skipped, is up to {@link
 * RateLimiter#plans()}. Every response tells the client where it stands. Who is refused gets an empty response with the
 * status of {@link RateLimitHeaders#status()}, and no handler runs.
 *
 * <p>Immutable and thread-safe; each setting makes a new filter. A check blocks the server's thread for one round trip.
 */
public final class RateLimitFilter extends Filter {
    /** Answers a request that is refused; the headers are set already. */
    @FunctionalInterface
    public interface Refusal {
        /**
         * Sends the response.
         *
         * @param exchange to be answered; closed afterwards
         * @param headers with the status to send
         * @throws IOException if it cannot be sent
         */
        void answer(HttpExchange exchange, RateLimitHeaders headers) throws IOException;
    }

    private final RateLimiter limiter;
    private final Function<HttpExchange, @Nullable String> user;
    private final ClientAddress address;
    private final Function<HttpExchange, String> endpoint;
    private final RateLimitHeaders.Format format;
    private final Refusal refusal;

    private RateLimitFilter(
            RateLimiter limiter,
            Function<HttpExchange, @Nullable String> user,
            ClientAddress address,
            Function<HttpExchange, String> endpoint,
            RateLimitHeaders.Format format,
            Refusal refusal) {
        this.limiter = limiter;
        this.user = user;
        this.address = address;
        this.endpoint = endpoint;
        this.format = format;
        this.refusal = refusal;
    }

    /**
     * A filter for a server that clients reach without proxies.
     *
     * @param limiter decides; not closed by the filter
     * @return the filter
     */
    public static RateLimitFilter of(RateLimiter limiter) {
        return new RateLimitFilter(
                Objects.requireNonNull(limiter, "limiter"),
                RateLimitFilter::principal,
                ClientAddress.direct(),
                exchange -> exchange.getRequestMethod() + " "
                        + exchange.getRequestURI().getPath(),
                RateLimitHeaders.format(),
                (exchange, headers) -> exchange.sendResponseHeaders(headers.status(), -1));
    }

    private static @Nullable String principal(HttpExchange exchange) {
        HttpPrincipal principal = exchange.getPrincipal();
        return principal == null ? null : principal.getName();
    }

    /**
     * Sets how the user is found.
     *
     * @param found names the user, or returns null if there is none; from something that was checked, never from a header
     *     as it came
     * @return such a filter
     */
    public RateLimitFilter user(Function<HttpExchange, @Nullable String> found) {
        return new RateLimitFilter(limiter, Objects.requireNonNull(found, "found"), address, endpoint, format, refusal);
    }

    /**
     * Sets which proxies are believed about the client's address.
     *
     * @param rule such as {@code ClientAddress.behind("10.0.0.0/8")}
     * @return such a filter
     */
    public RateLimitFilter address(ClientAddress rule) {
        return new RateLimitFilter(limiter, user, Objects.requireNonNull(rule, "rule"), endpoint, format, refusal);
    }

    /**
     * Sets what {@link RateLimiter#check} is asked about.
     *
     * @param named names the endpoint of a request
     * @return such a filter
     */
    public RateLimitFilter endpoint(Function<HttpExchange, String> named) {
        return new RateLimitFilter(limiter, user, address, Objects.requireNonNull(named, "named"), format, refusal);
    }

    /**
     * Sets which fields are sent.
     *
     * @param fields the format
     * @return such a filter
     */
    public RateLimitFilter headers(RateLimitHeaders.Format fields) {
        return new RateLimitFilter(limiter, user, address, endpoint, Objects.requireNonNull(fields, "fields"), refusal);
    }

    /**
     * Sets what is answered to whom is refused, instead of an empty response.
     *
     * @param answer sends the response
     * @return such a filter
     */
    public RateLimitFilter whenRefused(Refusal answer) {
        return new RateLimitFilter(limiter, user, address, endpoint, format, Objects.requireNonNull(answer, "answer"));
    }

    /**
     * Limits the requests of a handler, after the context's authenticator.
     *
     * @param handler runs if the request is allowed
     * @return a handler for a context
     */
    public HttpHandler before(HttpHandler handler) {
        Objects.requireNonNull(handler, "handler");
        return exchange -> doFilter(exchange, new Chain(List.of(), handler));
    }

    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        Decision decision = limiter.check(subject(exchange), endpoint.apply(exchange));
        RateLimitHeaders headers = format.of(decision);
        headers.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
        if (decision.allowed()) {
            chain.doFilter(exchange);
        } else {
            try (exchange) {
                refusal.answer(exchange, headers);
            }
        }
    }

    private Subject subject(HttpExchange exchange) {
        String name = user.apply(exchange);
        if (name != null && !name.isEmpty()) {
            return Subject.user(name);
        }
        InetSocketAddress remote = exchange.getRemoteAddress();
        String peer = remote.getAddress() == null
                ? remote.getHostString()
                : remote.getAddress().getHostAddress();
        return Subject.address(address.of(peer, exchange.getRequestHeaders().get("X-Forwarded-For")));
    }

    @Override
    public String description() {
        return "rate limit by " + limiter.name();
    }
}
