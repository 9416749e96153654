package dev.holdfast.core.redis;

import dev.holdfast.core.Problem;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of a link: changes it, publishes it, tells listeners and the log, once per change.
 *
 * <p>{@code lock} guards every change, so listeners see changes in order; readers take one volatile read. Listeners run
 * on the event thread and never under the lock.
 */
final class LinkLife {
    private static final Logger LOG = LoggerFactory.getLogger(RedisLink.class);
    private static final int EVENT_BACKLOG = 1024;

    private final String name;
    private final SerialDispatcher events;
    private final List<LinkListener> listeners = new CopyOnWriteArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final LongAdder ups = new LongAdder();
    private boolean stuck;
    /** Code of the refusal that was logged last, while the link is not up. */
    private @Nullable String toldRefusal;

    private volatile LinkStatus status = LinkStatus.initial();

    LinkLife(String name, SerialDispatcher events) {
        this.name = name;
        this.events = events;
    }

    LinkStatus status() {
        return status;
    }

    /** Whether nothing has changed since a status was read. */
    @SuppressWarnings("ReferenceEquality") // Each change makes another object.
    boolean isCurrent(LinkStatus read) {
        return read == status;
    }

    /** How often the link came up. */
    long ups() {
        return ups.sum();
    }

    SerialDispatcher events() {
        return events;
    }

    /** Operations may flow, on these commands; a new generation. */
    void up(RedisClusterAsyncCommands<byte[], byte[]> commands, String reason) {
        lock.lock();
        try {
            if (status.state() == LinkState.CLOSED) {
                return;
            }
            ups.increment();
            change(status.up(commands, reason));
        } finally {
            lock.unlock();
        }
    }

    /** Something behind an unchanged state is new: a new generation, if the link is up. */
    void moved(String reason) {
        lock.lock();
        try {
            LinkStatus now = status;
            if (now.commands() != null) {
                change(now.up(now.commands(), reason));
            }
        } finally {
            lock.unlock();
        }
    }

    /** Operations are refused from now on. Repeating it, with a changed reason or not, is no new change. */
    void down(String reason, @Nullable Throwable cause, @Nullable Problem refusal) {
        lock.lock();
        try {
            LinkStatus now = status;
            if (now.state() == LinkState.CLOSED) {
                return;
            }
            LinkStatus next = now.down(reason, cause, refusal);
            if (now.state() != LinkState.DOWN) {
                change(next);
            } else {
                // Already down: keep the latest reason, and say so only if the server began to refuse us.
                status = next;
                if (refusal != null && !refusal.code().equals(toldRefusal)) {
                    log(now, next);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    /** As {@link #down}, if operations still go to these commands. */
    void severed(RedisClusterAsyncCommands<byte[], byte[]> commands, String reason) {
        lock.lock();
        try {
            if (status.commands() == commands) {
                change(status.down(reason, null, null));
            }
        } finally {
            lock.unlock();
        }
    }

    void closed() {
        lock.lock();
        try {
            if (status.state() != LinkState.CLOSED) {
                change(status.closed());
            }
        } finally {
            lock.unlock();
        }
    }

    private void change(LinkStatus next) {
        LinkStatus before = status;
        status = next;
        changed.signalAll();
        log(before, next);
        LinkChange change = new LinkChange(before.state(), next.state(), next.generation(), next.reason());
        for (LinkListener listener : listeners) {
            tell(listener, change);
        }
    }

    private void tell(LinkListener listener, LinkChange change) {
        if (events.backlog() < EVENT_BACKLOG) {
            stuck = false;
            events.execute(() -> {
                // It may have been removed since.
                if (listeners.contains(listener)) {
                    listener.onChange(change);
                }
            });
        } else if (!stuck) {
            stuck = true;
            LOG.warn("{}: a listener is stuck, its further events are dropped", name);
        }
    }

    private void log(LinkStatus before, LinkStatus next) {
        if (next.state() == LinkState.DOWN) {
            Problem refusal = next.refusal();
            if (refusal != null) {
                toldRefusal = refusal.code();
                LOG.warn("{} is refused, working without it: {}", name, refusal);
            } else {
                LOG.warn("{} is down, working without it until it is back: {}", name, next.reason());
            }
        } else if (next.state() == LinkState.UP && before.state() != LinkState.UP) {
            toldRefusal = null;
            LOG.info("{} is up: {}", name, next.reason());
        }
    }

    Registration addListener(LinkListener listener) {
        // A listener added twice is told twice, and each registration takes back its own.
        LinkListener own = new LinkListener() {
            @Override
            public void onChange(LinkChange change) {
                listener.onChange(change);
            }
        };
        lock.lock();
        try {
            listeners.add(own);
        } finally {
            lock.unlock();
        }
        return () -> listeners.remove(own);
    }

    /** Waits until the link is up; false if it is closed, the time is over or the thread is interrupted. */
    boolean awaitUp(long nanos) {
        long left = nanos;
        try {
            lock.lockInterruptibly();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        try {
            while (status.state() != LinkState.UP && status.state() != LinkState.CLOSED && left > 0) {
                left = changed.awaitNanos(left);
            }
            return status.state() == LinkState.UP;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } finally {
            lock.unlock();
        }
    }
}
