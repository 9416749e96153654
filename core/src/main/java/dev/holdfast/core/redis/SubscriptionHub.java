package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All subscriptions of a link, on one connection of their own.
 *
 * <p>Whoever has its turn in {@code messages} owns {@code channels}, {@code connection} and everything in them: whatever
 * happens takes its turn there in the order of arrival, on the message thread, on which listeners run. Only a message that
 * finds nothing before it takes its turn on the I/O thread that read it, to be offered to listeners which are quick enough;
 * for the others it is queued. {@code loop} belongs to the link thread. {@code epoch} numbers
 * connections; events of an older one are skipped. {@code waiting} counts queued messages; too many of them and the
 * connection is given up, which listeners see as a gap.
 */
final class SubscriptionHub implements ConnectionLoop.Owner {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);

    private final LinkSettings settings;
    private final LinkThread thread;
    private final ConnectionLoop loop;
    private final SerialDispatcher messages = new SerialDispatcher("holdfast-redis-messages");
    private final Map<ByteBuffer, Channel> channels = new HashMap<>();
    /** How many UNSUBSCRIBEs of a channel are on their way, on this connection; what is confirmed before them is over. */
    private final Map<ByteBuffer, Integer> leaving = new HashMap<>();

    private final AtomicInteger waiting = new AtomicInteger();
    private final AtomicLong epoch = new AtomicLong();
    private final LongAdder received = new LongAdder();
    private final LongAdder losses = new LongAdder();
    private final LongAdder overflows = new LongAdder();
    private @Nullable NodeConnection connection;
    private boolean started;
    private volatile int confirmed;

    SubscriptionHub(LinkThread thread, Connector connector, PrimarySource source, LinkSettings settings) {
        this.thread = thread;
        this.settings = settings;
        this.loop = new ConnectionLoop(thread, connector, source, connector::connectPubSub, settings, this);
        source.onMove(loop::moveTo);
        source.onLeave(loop::leave);
    }

    /** One channel and who listens to it. */
    private static final class Channel {
        final byte[] name;
        final List<Subscriber> subscribers = new ArrayList<>();
        boolean confirmed;
        /** Whether it was said that the server refuses it. */
        boolean refused;

        Channel(byte[] name) {
            this.name = name;
        }
    }

    /** One listener and the number of its subscription. */
    private static final class Subscriber {
        final SubscriptionListener listener;
        long generation;
        volatile boolean closed;

        Subscriber(SubscriptionListener listener) {
            this.listener = listener;
        }
    }

    Registration subscribe(byte[] channel, SubscriptionListener listener) {
        Subscriber subscriber = new Subscriber(listener);
        messages.execute(() -> add(channel, subscriber));
        return () -> {
            subscriber.closed = true;
            messages.execute(() -> remove(channel, subscriber));
        };
    }

    private void add(byte[] name, Subscriber subscriber) {
        if (subscriber.closed) {
            return;
        }
        Channel channel = channels.computeIfAbsent(ByteBuffer.wrap(name), key -> new Channel(name));
        channel.subscribers.add(subscriber);
        if (!started) {
            // A link without subscriptions does not pay for the second connection.
            started = true;
            loop.start();
        } else if (channel.confirmed) {
            tell(subscriber, s -> s.listener.onSubscribed(++s.generation));
        } else if (channel.subscribers.size() == 1 && connection != null) {
            ask(connection, channel);
        }
    }

    private void remove(byte[] name, Subscriber subscriber) {
        Channel channel = channels.get(ByteBuffer.wrap(name));
        if (channel != null && channel.subscribers.remove(subscriber) && channel.subscribers.isEmpty()) {
            channels.remove(ByteBuffer.wrap(name));
            countConfirmed();
            NodeConnection on = connection;
            if (on != null) {
                leave(on, name);
            }
        }
    }

    private void leave(NodeConnection on, byte[] name) {
        leaving.merge(ByteBuffer.wrap(name), 1, Integer::sum);
        var unused = on.pubSub().async().unsubscribe(name).whenComplete((done, failure) -> {
            if (failure != null) {
                // Refused, or the connection is gone.
                long mine = epoch.get();
                messages.execute(() -> left(name, mine));
            }
        });
    }

    private void left(byte[] name, long of) {
        if (of == epoch.get()) {
            leaving.computeIfPresent(ByteBuffer.wrap(name), (key, count) -> count == 1 ? null : count - 1);
        }
    }

    @Override
    public void connected(NodeConnection made) {
        long mine = epoch.incrementAndGet();
        made.pubSub().addListener(new Reader(made, mine));
        messages.execute(() -> {
            if (epoch.get() == mine) {
                connection = made;
                leaving.clear();
                channels.values().forEach(channel -> ask(made, channel));
            }
        });
    }

    @Override
    public void lost(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
        epoch.incrementAndGet();
        messages.execute(() -> {
            connection = null;
            leaving.clear();
            for (Channel channel : List.copyOf(channels.values())) {
                if (channel.confirmed) {
                    channel.confirmed = false;
                    losses.increment();
                    List.copyOf(channel.subscribers).forEach(s -> tell(s, t -> t.listener.onLost()));
                }
            }
            countConfirmed();
        });
    }

    /** Asks for one channel per command, so that an ACL which lacks one of them does not keep the others away. */
    private void ask(NodeConnection on, Channel channel) {
        var unused = on.pubSub().async().subscribe(channel.name).whenComplete((done, failure) -> {
            if (failure == null) {
                return;
            }
            Throwable cause = Failures.unwrap(failure);
            if (Failures.kind(cause) == Failures.Kind.ERROR) {
                messages.execute(() -> refused(on, channel, cause));
            } else {
                // The request queue is full, unless the connection is gone, which ends the asking too.
                askAgain(on, channel, settings.reconnect().delay(0));
            }
        });
    }

    /** Said once and asked again slowly, on the same connection. */
    private void refused(NodeConnection on, Channel channel, Throwable failure) {
        if (!channel.refused) {
            channel.refused = true;
            LOG.warn(
                    "Redis {} refuses a subscription, trying again every {}: {}",
                    settings.uri(),
                    settings.refusalRetry(),
                    settings.secrets().mask(failure.getMessage()));
        }
        askAgain(on, channel, settings.refusalRetry());
    }

    private void askAgain(NodeConnection on, Channel channel, Duration delay) {
        thread.later(
                () -> messages.execute(() -> {
                    if (connection == on && channels.containsValue(channel) && !channel.confirmed) {
                        ask(on, channel);
                    }
                }),
                delay.toNanos());
    }

    private void confirm(byte[] name, long of) {
        Channel channel = channels.get(ByteBuffer.wrap(name));
        if (of == epoch.get() && channel != null && !channel.confirmed && !leaving.containsKey(ByteBuffer.wrap(name))) {
            channel.confirmed = true;
            channel.refused = false;
            countConfirmed();
            List.copyOf(channel.subscribers).forEach(s -> tell(s, t -> t.listener.onSubscribed(++t.generation)));
        }
    }

    private void deliver(byte[] name, byte[] message, long of) {
        Channel channel = channels.get(ByteBuffer.wrap(name));
        if (of == epoch.get() && channel != null && channel.confirmed) {
            received.increment();
            for (Subscriber subscriber : List.copyOf(channel.subscribers)) {
                tell(subscriber, s -> s.listener.onMessage(message));
            }
        }
    }

    /** Hands a message to those who take it at once; for the others it is queued, behind nothing, since this is its turn. */
    private void offer(byte[] name, byte[] message, long of) {
        Channel channel = channels.get(ByteBuffer.wrap(name));
        if (of != epoch.get() || channel == null || !channel.confirmed) {
            return;
        }
        received.increment();
        for (Subscriber subscriber : channel.subscribers) {
            if (!subscriber.closed && !taken(subscriber, message)) {
                waiting.incrementAndGet();
                messages.execute(() -> {
                    waiting.decrementAndGet();
                    if (of == epoch.get()) {
                        tell(subscriber, s -> s.listener.onMessage(message));
                    }
                });
            }
        }
    }

    private boolean taken(Subscriber subscriber, byte[] message) {
        boolean[] taken = {true}; // Also by a listener that throws.
        messages.guarded(() -> taken[0] = subscriber.listener.tryMessage(message));
        return taken[0];
    }

    private interface Call {
        void on(Subscriber subscriber);
    }

    private void tell(Subscriber subscriber, Call call) {
        if (!subscriber.closed) {
            messages.guarded(() -> call.on(subscriber));
        }
    }

    private void countConfirmed() {
        confirmed = (int) channels.values().stream().filter(c -> c.confirmed).count();
    }

    /** Hands what arrives on one connection to the message thread; runs on its I/O thread. */
    private final class Reader extends RedisPubSubAdapter<byte[], byte[]> {
        private final NodeConnection from;
        private final long mine;

        Reader(NodeConnection from, long mine) {
            this.from = from;
            this.mine = mine;
        }

        @Override
        public void subscribed(byte[] channel, long count) {
            messages.execute(() -> confirm(channel, mine));
        }

        @Override
        public void unsubscribed(byte[] channel, long count) {
            messages.execute(() -> left(channel, mine));
        }

        @Override
        public void message(byte[] channel, byte[] message) {
            if (mine != epoch.get() || messages.tryRun(() -> offer(channel, message, mine)) || !mayWait()) {
                return;
            }
            messages.execute(() -> {
                waiting.decrementAndGet();
                deliver(channel, message, mine);
            });
        }

        /** Counts a message that is to wait; if too many do, none of this connection is heard any more. */
        private boolean mayWait() {
            if (waiting.incrementAndGet() <= settings.subscriptionBacklog()) {
                return true;
            }
            waiting.decrementAndGet();
            if (epoch.compareAndSet(mine, mine + 1)) {
                overflows.increment();
                loop.drop(from, settings.subscriptionBacklog() + " messages wait for slow listeners");
            }
            return false;
        }
    }

    /** How many channels are subscribed and confirmed now. */
    int confirmed() {
        return confirmed;
    }

    long received() {
        return received.sum();
    }

    long losses() {
        return losses.sum();
    }

    long overflows() {
        return overflows.sum();
    }

    long listenerFailures() {
        return messages.failures();
    }

    int backlog() {
        return waiting.get();
    }

    /** Runs on the link thread. */
    void close() {
        epoch.incrementAndGet();
        loop.close();
        messages.close();
    }
}
