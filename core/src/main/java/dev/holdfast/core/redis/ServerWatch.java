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
 * Checks the server's settings each time the link comes up, and says what is new. Runs on the event thread; {@code found}
 * is published for the health probe.
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
            // A failure is the link's own affair, which reports it.
            RedisServerCheck.run(link).thenAccept(this::report);
        }
    }

    private void report(List<Problem> now) {
        Set<String> known = found.stream().map(Problem::code).collect(Collectors.toSet());
        found = now;
        for (Problem problem : now) {
            if (known.contains(problem.code())) {
                continue;
            }
            boolean loud = problem.severity() == Severity.ERROR
                    || (problem.severity() == Severity.WARNING && settings.profile() == Profile.PRODUCTION);
            if (loud) {
                LOG.warn("Redis {}: {}", settings.uri(), problem);
            } else {
                LOG.info("Redis {}: {}", settings.uri(), problem);
            }
        }
    }

    /** What the latest check found. */
    List<Problem> found() {
        return found;
    }
}
