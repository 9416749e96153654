package dev.holdfast.ratelimit;

import dev.holdfast.core.redis.LinkState;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether the fallback decides, and since when; says so in the log, of several in a row only of the first. */
final class Outage {
    private static final Logger LOG = LoggerFactory.getLogger(RateLimiter.class);
    private static final long NONE = 0;
    private static final long QUIET_MILLIS = 10_000;

    private final String limiter;
    private final AtomicLong sinceMillis = new AtomicLong(NONE);
    private final AtomicLong logged = new AtomicLong(NONE);
    private volatile boolean told;

    Outage(String limiter) {
        this.limiter = limiter;
    }

    /** The fallback decided. */
    void began(LinkState state) {
        if (sinceMillis.get() != NONE) {
            return;
        }
        long now = System.currentTimeMillis();
        if (!sinceMillis.compareAndSet(NONE, now)) {
            return;
        }
        long last = logged.get();
        if (now - last >= QUIET_MILLIS && logged.compareAndSet(last, now)) {
            told = true;
            LOG.warn("Limiter '{}': Redis does not answer (link {}), the fallback decides", limiter, state);
        }
    }

    /** Redis decided. */
    void over() {
        long since = sinceMillis.get();
        if (since != NONE && sinceMillis.compareAndSet(since, NONE) && told) {
            told = false;
            LOG.warn("Limiter '{}': Redis decides again, after {} ms", limiter, System.currentTimeMillis() - since);
        }
    }

    void missedBeat(RuntimeException why) {
        LOG.debug("Limiter '{}': no heartbeat", limiter, why);
    }

    /** For how long the fallback has been deciding; 0 if it does not. */
    double seconds() {
        long since = sinceMillis.get();
        return since == NONE ? 0 : Math.max(0, System.currentTimeMillis() - since) / 1e3;
    }

    /** Since when the fallback decides, in milliseconds of the epoch; 0 if it does not. */
    long sinceMillis() {
        return sinceMillis.get();
    }
}
