package dev.holdfast.core.redis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Asks several nodes who owns which slot, and merges what they say.
 *
 * <p>Belongs to the link thread. One question at a time: who asks meanwhile gets the answer of the one under way.
 */
final class ClusterTopology {
    private static final int ASKED = 5;
    private static final Duration GRACE = Duration.ofMillis(250);

    private final LinkThread thread;
    private final Connector connector;
    private final LinkSettings settings;
    private @Nullable CompletableFuture<SlotTable> underWay;

    ClusterTopology(LinkThread thread, Connector connector, LinkSettings settings) {
        this.thread = thread;
        this.connector = connector;
        this.settings = settings;
    }

    /**
     * Asks connected nodes, or if there are none, nodes that are known from before and those of the URI.
     *
     * @return completes on the link thread
     */
    CompletableFuture<SlotTable> fetch(Collection<NodeConnection> connected, Collection<HostPort> known) {
        CompletableFuture<SlotTable> running = underWay;
        if (running != null) {
            return running;
        }
        CompletableFuture<SlotTable> result = new CompletableFuture<>();
        List<CompletableFuture<ClusterView>> answers;
        try {
            answers = connected.isEmpty()
                    ? ask(places(known), this::visit)
                    : ask(new ArrayList<>(connected), this::question);
        } catch (RuntimeException | Error e) {
            // An address mapper that throws must not end the search for ever.
            return CompletableFuture.failedFuture(e);
        }
        underWay = result;
        new Poll(answers, result).start();
        return result;
    }

    private static <N> List<CompletableFuture<ClusterView>> ask(
            List<N> nodes, Function<N, CompletableFuture<ClusterView>> how) {
        Collections.shuffle(nodes);
        return nodes.stream().limit(ASKED).map(how).toList();
    }

    private List<HostPort> places(Collection<HostPort> known) {
        Set<HostPort> places = new LinkedHashSet<>(known);
        settings.uri()
                .hosts()
                .forEach(host -> places.add(settings.addressMapper().apply(host)));
        return new ArrayList<>(places);
    }

    private CompletableFuture<ClusterView> visit(HostPort place) {
        return connector
                .connectClusterNode(place)
                .thenCompose(connection ->
                        question(connection).whenComplete((view, failure) -> connection.drop("has been asked")));
    }

    private CompletableFuture<ClusterView> question(NodeConnection connection) {
        return Pending.within(
                        connector.timer(),
                        settings.pingInterval(),
                        "CLUSTER NODES",
                        connection.commands().clusterNodes())
                .thenApply(reply -> ClusterView.parse(
                        reply, connection.address(), settings.tls() != null, settings.addressMapper()));
    }

    /** One round of questions; belongs to the link thread. */
    private final class Poll {
        private final List<CompletableFuture<ClusterView>> answers;
        private final CompletableFuture<SlotTable> result;
        private final List<ClusterView> views = new ArrayList<>();
        private @Nullable Throwable failure;
        private int open;

        Poll(List<CompletableFuture<ClusterView>> answers, CompletableFuture<SlotTable> result) {
            this.answers = answers;
            this.result = result;
            this.open = answers.size();
        }

        void start() {
            for (CompletableFuture<ClusterView> answer : answers) {
                var unused = answer.whenComplete((view, failed) -> thread.execute(() -> heard(view, failed)));
            }
        }

        private void heard(@Nullable ClusterView view, @Nullable Throwable failed) {
            open--;
            if (view != null && !view.primaries().isEmpty()) {
                views.add(view);
            } else if (failed != null) {
                Throwable cause = Failures.unwrap(failed);
                if (!(failure instanceof RefusedException)) {
                    failure = cause;
                }
            }
            if (open == 0) {
                finish();
            } else if (views.size() == 1) {
                thread.later(this::finish, GRACE.toNanos());
            }
        }

        private void finish() {
            if (result.isDone()) {
                return;
            }
            underWay = null;
            if (!views.isEmpty()) {
                result.complete(SlotTable.of(views));
            } else {
                result.completeExceptionally(
                        failure != null ? failure : new RedisException("no node knows of any slot", false, null));
            }
        }
    }
}
