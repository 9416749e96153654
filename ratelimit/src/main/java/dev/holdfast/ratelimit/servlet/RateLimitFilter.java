package dev.holdfast.ratelimit.servlet;

import dev.holdfast.ratelimit.ClientAddress;
import dev.holdfast.ratelimit.Decision;
import dev.holdfast.ratelimit.RateLimitHeaders;
import dev.holdfast.ratelimit.RateLimiter;
import dev.holdfast.ratelimit.Subject;
import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Limits the requests of a servlet application: {@code context.addFilter("limits", RateLimitFilter.of(limiter))}, mapped
 * behind whatever authenticates.
 *
 * <p>The subject is the container's user, else the client's address. The endpoint is method and path within the application
 * as the container decoded it, such as {@code GET /orders/7}; which plan it has, and which endpoints are skipped, is up to
 * {@link RateLimiter#plans()}. Every response tells the client where it stands. Who is refused gets an empty response with
 * the status of {@link RateLimitHeaders#status()}, and the rest of the chain does not run.
 *
 * <p>Immutable and thread-safe; each setting makes a new filter. A check blocks the container's thread for one round trip.
 * Map it to {@code REQUEST} dispatches only, which is the default, so that forwards and errors are not counted again.
 */
public final class RateLimitFilter implements Filter {
    /** Answers a request that is refused; status and headers are set already. */
    @FunctionalInterface
    public interface Refusal {
        /**
         * Writes the response.
         *
         * @param request that is refused
         * @param response with status and headers
         * @param headers what was set
         * @throws IOException if it cannot be written
         */
        void answer(HttpServletRequest request, HttpServletResponse response, RateLimitHeaders headers)
                throws IOException;
    }

    private final RateLimiter limiter;
    private final Function<HttpServletRequest, @Nullable String> user;
    private final ClientAddress address;
    private final Function<HttpServletRequest, String> endpoint;
    private final RateLimitHeaders.Format format;
    private final Refusal refusal;

    private RateLimitFilter(
            RateLimiter limiter,
            Function<HttpServletRequest, @Nullable String> user,
            ClientAddress address,
            Function<HttpServletRequest, String> endpoint,
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
     * A filter for an application that clients reach without proxies, or whose container corrects {@code getRemoteAddr}.
     *
     * @param limiter decides; not closed by the filter
     * @return the filter
     */
    public static RateLimitFilter of(RateLimiter limiter) {
        return new RateLimitFilter(
                Objects.requireNonNull(limiter, "limiter"),
                HttpServletRequest::getRemoteUser,
                ClientAddress.direct(),
                RateLimitFilter::path,
                RateLimitHeaders.format(),
                (request, response, headers) -> response.setContentLength(0));
    }

    private static String path(HttpServletRequest request) {
        String info = request.getPathInfo();
        return request.getMethod() + " " + request.getServletPath() + (info == null ? "" : info);
    }

    /**
     * Sets how the user is found.
     *
     * @param found names the user, or returns null if there is none; from something that was checked, never from a header
     *     as it came
     * @return such a filter
     */
    public RateLimitFilter user(Function<HttpServletRequest, @Nullable String> found) {
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
    public RateLimitFilter endpoint(Function<HttpServletRequest, String> named) {
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
     * @param answer writes the response
     * @return such a filter
     */
    public RateLimitFilter whenRefused(Refusal answer) {
        return new RateLimitFilter(limiter, user, address, endpoint, format, Objects.requireNonNull(answer, "answer"));
    }

    @Override
    public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        if (!(request instanceof HttpServletRequest http) || !(response instanceof HttpServletResponse answer)) {
            chain.doFilter(request, response);
            return;
        }
        Decision decision = limiter.check(subject(http), endpoint.apply(http));
        RateLimitHeaders headers = format.of(decision);
        headers.forEach(answer::setHeader);
        if (decision.allowed()) {
            chain.doFilter(request, response);
        } else {
            answer.setStatus(headers.status());
            refusal.answer(http, answer, headers);
        }
    }

    private Subject subject(HttpServletRequest request) {
        String name = user.apply(request);
        if (name != null && !name.isEmpty()) {
            return Subject.user(name);
        }
        String peer = request.getRemoteAddr();
        if (peer == null || peer.isEmpty()) {
            return Subject.named("unknown"); // As over a Unix domain socket.
        }
        return Subject.address(address.of(peer, Collections.list(request.getHeaders("X-Forwarded-For"))));
    }
}
