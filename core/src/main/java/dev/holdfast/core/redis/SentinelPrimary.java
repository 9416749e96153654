package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.MapOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The primary as the sentinels name it: the answer with the highest configuration epoch, which every failover raises, so
 * a sentinel that missed one is overruled, by the others or by what was known before. Back to an older epoch goes only
 * what most of the configured sentinels say, as after all of them were set up anew.
 *
 * <p>Keeps one connection to each sentinel, listens there for {@code +switch-master}, and asks each again whenever its
 * connection was probed. All state belongs to the link thread.
 */
final class SentinelPrimary implements PrimarySource {
    private static final byte[] SWITCHED = "+switch-master".getBytes(StandardCharsets.US_ASCII);
    /** After the first answer, how long to wait for sentinels that may know better. */
    private static final Duration GRACE = Duration.ofMillis(250);

    private final LinkThread thread;
    private final Connector connector;
    private final LinkSettings settings;
    private final byte[] name;
    private final List<Sentinel> sentinels = new ArrayList<>();
    private final List<CompletableFuture<HostPort>> waiting = new ArrayList<>();
    private final List<Consumer<HostPort>> listeners = new ArrayList<>();
    private @Nullable HostPort told;
    private long toldEpoch;

    SentinelPrimary(LinkThread thread, Connector connector, LinkSettings settings) {
        this.thread = thread;
        this.connector = connector;
        this.settings = settings;
        this.name = settings.uri().primaryName().getBytes(StandardCharsets.UTF_8);
        for (HostPort host : settings.uri().hosts()) {
            sentinels.add(new Sentinel(settings.addressMapper().apply(host)));
        }
    }

    /** What one sentinel says: where the primary is, and how new that is. */
    private record Answer(HostPort primary, long epoch) {}

    @Override
    public void start() {
        sentinels.forEach(s -> s.loop.start());
    }

    @Override
    public void onMove(Consumer<HostPort> listener) {
        listeners.add(listener);
    }

    @Override
    public CompletableFuture<HostPort> primary() {
        CompletableFuture<HostPort> result = new CompletableFuture<>();
        waiting.add(result);
        var unused =
                result.whenComplete((address, failure) -> thread.execute(() -> waiting.removeIf(w -> w == result)));
        if (sentinels.stream().anyMatch(s -> s.connection != null)) {
            sentinels.forEach(s -> s.answer = null);
            sentinels.forEach(Sentinel::ask);
        } else {
            decide();
        }
        return result;
    }

    /** Answers those who wait, as soon as enough is known. */
    private void decide() {
        if (waiting.isEmpty()) {
            return;
        }
        Answer best = best();
        if (best != null && sentinels.stream().noneMatch(s -> s.asking)) {
            answer(best);
        } else if (best != null) {
            thread.later(
                    () -> {
                        Answer now = best();
                        if (now != null) {
                            answer(now);
                        }
                    },
                    GRACE.toNanos());
        } else if (sentinels.stream().noneMatch(s -> s.asking || !s.tried)) {
            Throwable reason = reason();
            List.copyOf(waiting).forEach(w -> w.completeExceptionally(reason));
        }
    }

    private void answer(Answer best) {
        List.copyOf(waiting).forEach(w -> w.complete(best.primary()));
        tell(best);
    }

    /** Those who asked know already; the others learn it here. */
    private void tell(Answer best) {
        HostPort primary = best.primary();
        HostPort before = told;
        told = primary;
        toldEpoch = best.epoch();
        if (before != null && !before.equals(primary)) {
            listeners.forEach(l -> l.accept(primary));
        }
    }

    private @Nullable Answer best() {
        Answer newest = sentinels.stream()
                .map(s -> s.answer)
                .filter(Objects::nonNull)
                .max(Comparator.comparingLong(Answer::epoch))
                .orElse(null);
        return newest == null || isOutdated(newest) ? null : newest;
    }

    /** Whether it leads back behind a failover that is known to have happened. */
    private boolean isOutdated(Answer answer) {
        long votes = sentinels.stream()
                .map(s -> s.answer)
                .filter(a -> a != null && a.primary().equals(answer.primary()))
                .count();
        return told != null
                && !told.equals(answer.primary())
                && answer.epoch() < toldEpoch
                && votes * 2 <= sentinels.size();
    }

    private Throwable reason() {
        for (Sentinel sentinel : sentinels) {
            if (sentinel.failure instanceof RefusedException refused) {
                return refused;
            }
        }
        if (sentinels.stream().anyMatch(s -> s.answer != null)) {
            return new RedisException(
                    "the sentinels that answer name a primary from before the failover to " + told
                            + ", and are no majority of " + settings.uri().hosts(),
                    false,
                    null);
        }
        Throwable last = sentinels.get(0).failure;
        return new RedisException(
                "no Sentinel of " + settings.uri().hosts() + " names the primary '"
                        + settings.uri().primaryName() + "'"
                        + (last == null ? "" : ": " + settings.secrets().mask(last.getMessage())),
                false,
                null);
    }

    private void heard() {
        Answer best = best();
        if (best != null && waiting.isEmpty()) {
            tell(best);
        }
        decide();
    }

    @Override
    public void close() {
        sentinels.forEach(s -> s.loop.close());
        waiting.clear();
    }

    /** One sentinel, its connection, and what it said last. */
    private final class Sentinel implements ConnectionLoop.Owner {
        private final ConnectionLoop loop;
        private @Nullable NodeConnection connection;
        private @Nullable Answer answer;
        private @Nullable Throwable failure;
        /** Whether its first connection attempt has come to an end. */
        private boolean tried;

        private boolean asking;

        Sentinel(HostPort address) {
            loop = new ConnectionLoop(
                    thread, connector, PrimarySource.fixed(address), connector::connectSentinel, settings, this);
        }

        @Override
        public void connected(NodeConnection made) {
            connection = made;
            tried = true;
            made.pubSub().addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(byte[] channel, byte[] message) {
                    String text = new String(message, StandardCharsets.UTF_8);
                    if (text.startsWith(settings.uri().primaryName() + " ")) {
                        thread.execute(Sentinel.this::ask);
                    }
                }
            });
            var unused = made.pubSub().async().subscribe(SWITCHED);
            ask();
        }

        @Override
        public void lost(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
            connection = null;
            answer = null;
            asking = false;
            tried = true;
            failure = cause != null ? cause : new RedisException(reason, false, null);
            decide();
        }

        @Override
        public void answered(long nanos) {
            ask();
        }

        void ask() {
            NodeConnection on = connection;
            if (on == null) {
                return;
            }
            asking = true;
            CommandArgs<byte[], byte[]> args =
                    new CommandArgs<>(ByteArrayCodec.INSTANCE).add("MASTER").addKey(name);
            var unused = Pending.within(
                            connector.timer(),
                            settings.pingInterval(),
                            "SENTINEL MASTER",
                            on.commands()
                                    .<Map<byte[], byte[]>>dispatch(
                                            CommandType.SENTINEL, new MapOutput<>(ByteArrayCodec.INSTANCE), args))
                    .whenComplete((fields, failed) -> thread.execute(() -> {
                        if (connection == on) {
                            asking = false;
                            read(fields, failed);
                            heard();
                        }
                    }));
        }

        private void read(@Nullable Map<byte[], byte[]> fields, @Nullable Throwable failed) {
            answer = null;
            if (fields == null) {
                Throwable cause = Failures.unwrap(Objects.requireNonNull(failed));
                failure = String.valueOf(cause.getMessage()).contains("No such master") ? unknownName() : cause;
                return;
            }
            Map<String, String> text = new HashMap<>();
            fields.forEach(
                    (k, v) -> text.put(new String(k, StandardCharsets.UTF_8), new String(v, StandardCharsets.UTF_8)));
            try {
                HostPort announced =
                        new HostPort(text.getOrDefault("ip", ""), Integer.parseInt(text.getOrDefault("port", "0")));
                answer = new Answer(
                        settings.addressMapper().apply(announced),
                        Long.parseLong(text.getOrDefault("config-epoch", "0")));
            } catch (RuntimeException e) {
                // No address, or a mapper that throws.
                failure = new RedisException("a Sentinel answered without an address: " + text, false, e);
            }
        }

        private RefusedException unknownName() {
            return new RefusedException(
                    Problem.error(
                            "redis.sentinel.primary",
                            "uri",
                            settings.uri().primaryName(),
                            "the Sentinels know no primary of that name",
                            "use the name from their 'sentinel monitor' line"),
                    true,
                    null);
        }
    }
}
