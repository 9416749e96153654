package dev.holdfast.testkit.fault;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The thread of a proxy. Everything it owns is touched by it alone; others hand in tasks. */
final class ProxyLoop implements Runnable {

    private static final Duration TASK_TIMEOUT = Duration.ofSeconds(10);
    private static final int BACKLOG = 512;

    final LongAdder bytesToServer = new LongAdder();
    final LongAdder bytesToClient = new LongAdder();
    final LongAdder bytesSwallowed = new LongAdder();
    final LongAdder accepted = new LongAdder();

    private final Selector selector;
    private final SocketAddress server;
    private final InetSocketAddress address;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;

    private final List<Link> links = new ArrayList<>();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 * 1024);
    private final Pace paceToServer = new Pace();
    private final Pace paceToClient = new Pace();
    private Faults faults = Faults.NONE;
    private @Nullable ServerSocketChannel listener;
    private boolean closed;

    private volatile int open;

    /** Listens at once; the thread starts with {@link #start()}. */
    ProxyLoop(InetSocketAddress address, SocketAddress server) throws IOException {
        this.address = address;
        this.server = server;
        this.selector = Selector.open();
        try {
            listen();
        } catch (IOException e) {
            selector.close();
            throw e;
        }
        this.thread = new Thread(this, "testkit-proxy-" + address.getPort());
        this.thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    int open() {
        return open;
    }

    /** Changes the faults; when this returns, the change is in force for every byte. */
    void change(UnaryOperator<Faults> change) {
        execute(() -> set(change.apply(faults)));
    }

    /** Ends all connections with a reset, and the swallowing with them. */
    void resetAll() {
        execute(() -> {
            links.forEach(Link::reset);
            set(faults.withSwallowReplies(false));
        });
    }

    /** Back to a network without faults; connections that lost bytes are reset. */
    void heal() {
        execute(() -> {
            links.stream().filter(Link::lossy).forEach(Link::reset);
            set(Faults.NONE);
        });
    }

    private void set(Faults wanted) {
        faults = wanted;
        long now = System.nanoTime();
        links.forEach(link -> link.shorten(now, wanted));
        paceToServer.forget();
        paceToClient.forget();
        try {
            ServerSocketChannel current = listener;
            if (wanted.refuseNew() && current != null) {
                current.close();
                listener = null;
            } else if (!wanted.refuseNew() && current == null) {
                listen();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + name() + " again", e);
        }
    }

    private void listen() throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.configureBlocking(false);
            channel.bind(address, BACKLOG);
            channel.register(selector, SelectionKey.OP_ACCEPT);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        listener = channel;
    }

    /** Runs a task in the loop and waits until it is done and its effects are out on the network. */
    private void execute(Runnable task) {
        if (!thread.isAlive()) {
            throw new IllegalStateException("the proxy on " + name() + " is closed");
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        tasks.add(() -> {
            try {
                task.run();
                afterwards();
                done.complete(null);
            } catch (RuntimeException e) {
                done.completeExceptionally(e);
            }
        });
        selector.wakeup();
        try {
            done.get(TASK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new ServerException("the proxy on " + name() + " failed", e.getCause());
        } catch (TimeoutException e) {
            throw new ServerException("the proxy on " + name() + " is closed or did not react", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerException("interrupted while waiting for the proxy on " + name(), e);
        }
    }

    private String name() {
        return address.getHostString() + ":" + address.getPort();
    }

    /** A channel that is registered with a selector is really closed by the selector's next look. */
    private void afterwards() {
        sweep();
        try {
            selector.selectNow(this::ready);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void close() {
        if (thread.isAlive()) {
            execute(() -> {
                links.forEach(Link::reset);
                set(faults.withRefuseNew());
                closed = true;
            });
            try {
                thread.join(TASK_TIMEOUT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void run() {
        try (Selector owned = selector) {
            while (!closed) {
                long next = Long.MAX_VALUE;
                long now = System.nanoTime();
                for (Link link : links) {
                    next = Link.earlier(next, link.advance(now, faults, paceToServer, paceToClient), now);
                }
                if (faults.isLimited()) {
                    takeTurns();
                }
                sweep();
                select(owned, next);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    task.run();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the proxy on " + name() + " broke", e);
        }
    }

    /** Who has sent goes to the end of the line, or a big transfer would keep all others waiting. */
    private void takeTurns() {
        List<Link> served = links.stream().filter(Link::hadATurn).toList();
        if (served.size() < links.size()) {
            Set<Link> behind = new HashSet<>(served);
            links.removeIf(behind::contains);
            links.addAll(served);
        }
    }

    private void select(Selector owned, long next) throws IOException {
        if (next == Long.MAX_VALUE) {
            owned.select(this::ready);
        } else {
            long nanos = next - System.nanoTime();
            if (nanos <= 0) {
                owned.selectNow(this::ready);
            } else {
                // The selector counts in milliseconds: rounded up, so that the loop does not spin.
                owned.select(this::ready, TimeUnit.NANOSECONDS.toMillis(nanos) + 1);
            }
        }
    }

    private void ready(SelectionKey key) {
        if (key.attachment() instanceof Link link) {
            link.ready(key, buffer, System.nanoTime(), faults);
        } else if (key.isValid() && key.isAcceptable()) {
            accept((ServerSocketChannel) key.channel());
        }
    }

    private void accept(ServerSocketChannel from) {
        try {
            SocketChannel client = from.accept();
            if (client != null) {
                links.add(new Link(selector, client, server, bytesToServer, bytesToClient, bytesSwallowed));
                accepted.increment();
                open = links.size();
            }
        } catch (IOException e) {
            // The client gave up before it was accepted; the next one is not concerned.
            return;
        }
    }

    private void sweep() {
        links.removeIf(Link::isClosed);
        open = links.size();
    }
}
