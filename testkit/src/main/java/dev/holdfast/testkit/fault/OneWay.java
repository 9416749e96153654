package dev.holdfast.testkit.fault;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.LongAdder;

/**
 * One direction of a connection: what was read and waits for its time to be written. Belongs to the proxy's thread.
 *
 * <p>At most {@link #CAPACITY} bytes wait; then nothing more is read, so that the sender feels it as from any slow network.
 */
final class OneWay {

    static final int CAPACITY = 1 << 20;

    /** What waits; an empty buffer stands for the end of the stream, be it a good one or a reset. */
    private record Chunk(ByteBuffer bytes, long due) {}

    private final SocketChannel from;
    private final SocketChannel to;
    private final LongAdder forwarded;
    private final LongAdder swallowed;
    private final Deque<Chunk> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private long lastDue;
    private boolean ended;
    private boolean broken;
    private boolean finished;
    private boolean lossy;
    private boolean congested;
    private boolean hadATurn;

    OneWay(SocketChannel from, SocketChannel to, LongAdder forwarded, LongAdder swallowed) {
        this.from = from;
        this.to = to;
        this.forwarded = forwarded;
        this.swallowed = swallowed;
    }

    /** Whether the socket should be read now. */
    boolean wantsToRead(boolean cut) {
        return !ended && !cut && waitingBytes < CAPACITY;
    }

    /** Whether the receiver's socket is full, so that the next write has to wait for it. */
    boolean waitsForReceiver(boolean cut) {
        return congested && !cut;
    }

    /** Whether the end of the stream was passed on. */
    boolean finished() {
        return finished;
    }

    /** Whether all that was sent before the sender broke off has been passed on, so that the receiver may learn of it. */
    boolean brokenOff() {
        return finished && broken;
    }

    /** Whether something was written since this was asked last. */
    boolean hadATurn() {
        boolean had = hadATurn;
        hadATurn = false;
        return had;
    }

    /** Whether bytes are missing from the stream, so that it must not go on. */
    boolean lossy() {
        return lossy;
    }

    void read(ByteBuffer buffer, long now, long delay) {
        buffer.clear().limit(Math.min(buffer.capacity(), CAPACITY - waitingBytes));
        int count;
        try {
            count = from.read(buffer);
        } catch (IOException e) {
            // What the sender sent before still arrives, at its time, and the reset after it.
            broken = true;
            end(now, delay);
            return;
        }
        if (count < 0) {
            end(now, delay);
        } else if (count > 0) {
            ByteBuffer copy = ByteBuffer.allocate(count);
            copy.put(buffer.flip()).flip();
            enqueue(copy, now, delay);
        }
    }

    /** The sender takes nothing any more: the end of what it has sent, when that is read, will be no good one. */
    void senderBroke() {
        broken = true;
    }

    /** The receiver is gone, and what waits for it is lost. */
    void receiverBroke() {
        waiting.clear();
        waitingBytes = 0;
        ended = true;
        finished = true;
    }

    private void end(long now, long delay) {
        if (!ended) {
            ended = true;
            enqueue(ByteBuffer.allocate(0), now, delay);
        }
    }

    /** A delay made shorter holds for what waits already as well. */
    void shorten(long now, long delay) {
        long latest = now + delay;
        for (int i = waiting.size(); i > 0; i--) {
            Chunk chunk = waiting.removeFirst();
            waiting.addLast(chunk.due - latest > 0 ? new Chunk(chunk.bytes, latest) : chunk);
        }
        if (lastDue - latest > 0) {
            lastDue = latest;
        }
    }

    private void enqueue(ByteBuffer bytes, long now, long delay) {
        // A delay made shorter must not let bytes overtake those before them.
        long due = now + delay;
        if (!waiting.isEmpty() && due - lastDue < 0) {
            due = lastDue;
        }
        lastDue = due;
        waiting.addLast(new Chunk(bytes, due));
        waitingBytes += bytes.remaining();
    }

    /** Called when the receiver's socket has room again. */
    void receiverHasRoom() {
        congested = false;
    }

    /** Counts what waits and forgets it, due or not; the end of the stream is kept. */
    void swallow() {
        if (waitingBytes > 0) {
            swallowed.add(waitingBytes);
            waitingBytes = 0;
            waiting.removeIf(chunk -> chunk.bytes.hasRemaining());
            lossy = true;
        }
    }

    /** Writes what is due; returns the time at which there will be more to do, or {@link Long#MAX_VALUE}. */
    long write(long now, Pace pace, long bytesPerSecond) throws IOException {
        while (!waiting.isEmpty() && !congested) {
            Chunk head = waiting.getFirst();
            if (head.due - now > 0) {
                return head.due;
            }
            ByteBuffer bytes = head.bytes;
            if (bytes.hasRemaining()) {
                int allowance = pace.allowance(now, bytesPerSecond);
                if (allowance == 0) {
                    return pace.nextFree();
                }
                int portion = Math.min(allowance, bytes.remaining());
                int written = to.write(bytes.slice(bytes.position(), portion));
                bytes.position(bytes.position() + written);
                waitingBytes -= written;
                forwarded.add(written);
                hadATurn = true;
                pace.sent(now, written, bytesPerSecond);
                congested = written < portion;
            } else {
                if (!broken) {
                    to.shutdownOutput();
                }
                finished = true;
            }
            if (!bytes.hasRemaining()) {
                waiting.removeFirst();
            }
        }
        return Long.MAX_VALUE;
    }
}
