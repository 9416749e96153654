package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import dev.holdfast.core.Profile;
import dev.holdfast.core.Severity;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the server's settings each time the link comes up and from time to time, and says what is new. Asks on the event
 * and the link thread, hears on I/O threads; {@code found} is published for the health probe.
 */
final class ServerWatch implements LinkListener {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    private final RedisLink link;
    private final LinkSettings settings;
    private volatile List<Problem> found = List.of();

    ServerWatch(RedisLink link, LinkSettings settings) {
        this.link = link;
        this.settings = settings;
    }

    @Override
    public void onChange(LinkChange change) {
        if (change.to() == LinkState.UP) {
            look();
        }
    }

    /** Asks the server, if it is there. */
    void look() {
        if (link.state() == LinkState.UP) {
            // A failure is the link's own affair, which reports it.
            var unused = RedisServerCheck.run(link).thenAccept(this::report);
        }
    }

    private void report(List<Problem> now) {
        Set<String> known = found.stream().map(Problem::code).collect(Collectors.toSet());
        found = now;
        List<Problem> news = now.stream().filter(p -> !known.contains(p.code())).toList();
        if (news.isEmpty()) {
            return;
        }
        String lines = news.stream().map(p -> "\n  - " + p).collect(Collectors.joining());
        boolean error = news.stream().anyMatch(p -> p.severity() == Severity.ERROR);
        boolean warning = news.stream().anyMatch(p -> p.severity() == Severity.WARNING);
        if (error || (warning && settings.profile() == Profile.PRODUCTION)) {
            LOG.warn("The settings of Redis {}:{}", settings.uri(), lines);
        } else {
            LOG.info("The settings of Redis {}:{}", settings.uri(), lines);
        }
    }

    /** What the latest check found. */
    List<Problem> found() {
        return found;
    }
}
