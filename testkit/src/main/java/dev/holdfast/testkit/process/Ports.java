package dev.holdfast.testkit.process;

import dev.holdfast.testkit.ServerException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ports on 127.0.0.1 for servers that must keep them over a restart.
 *
 * <p>Ports lie in 10000 to 19999: below the ephemeral range of Linux (32768 to 60999), from which the kernel would hand the
 * port of a killed server to the next outgoing connection, and such that {@code port + 10000}, the bus of a Redis Cluster,
 * lies below it too. A JVM takes them in blocks of 50 that it holds by file locks, so that concurrent builds of one user
 * never meet; a port that another user's process listens on is passed over. Thread-safe.
 */
public final class Ports {

    /** How far the bus of a Redis Cluster node is from its port. */
    public static final int BUS_OFFSET = 10_000;

    private static final int FIRST = 10_000;
    private static final int BLOCK = 50;
    private static final int BLOCKS = 200;

    private static final ReentrantLock LOCK = new ReentrantLock();

    /** Held open as long as the JVM lives: the lock on a block is the claim to its ports. */
    private static final List<FileChannel> CLAIMS = new ArrayList<>();

    private static final Deque<Integer> FREE = new ArrayDeque<>();

    private Ports() {}

    /**
     * Takes a port on which nothing listens, neither on it nor on its bus port.
     *
     * @return the port, this JVM's own until {@link #release(int)}
     * @throws ServerException if all are taken
     */
    public static int take() {
        LOCK.lock();
        try {
            while (true) {
                // One round over the free ports: an occupied one goes to the end, for later.
                for (int i = FREE.size(); i > 0; i--) {
                    int port = FREE.removeFirst();
                    if (isFree(port) && isFree(port + BUS_OFFSET)) {
                        return port;
                    }
                    FREE.addLast(port);
                }
                claimBlock();
            }
        } catch (IOException e) {
            throw new ServerException("cannot lock ports in " + locks(), e);
        } finally {
            LOCK.unlock();
        }
    }

    /**
     * Gives a port back; it is used again last.
     *
     * @param port a port that was taken
     */
    public static void release(int port) {
        LOCK.lock();
        try {
            if (!FREE.contains(port)) {
                FREE.addLast(port);
            }
        } finally {
            LOCK.unlock();
        }
    }

    private static void claimBlock() throws IOException {
        Path locks = Files.createDirectories(locks());
        int start = ThreadLocalRandom.current().nextInt(BLOCKS);
        for (int i = 0; i < BLOCKS; i++) {
            int first = FIRST + (start + i) % BLOCKS * BLOCK;
            if (claim(locks.resolve(first + ".lock"))) {
                for (int port = first; port < first + BLOCK; port++) {
                    FREE.addLast(port);
                }
                return;
            }
        }
        throw new ServerException("no free port: all " + BLOCKS + " blocks in " + FIRST + " to "
                + (FIRST + BLOCK * BLOCKS - 1) + " are taken; are there servers that were not closed?");
    }

    static Path locks() {
        return UserFiles.ofMachine().resolve("ports");
    }

    private static boolean claim(Path lockFile) throws IOException {
        FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                CLAIMS.add(channel);
                return true;
            }
        } catch (OverlappingFileLockException e) {
            // This JVM holds the block already. Closing the channel would let go of that lock, so it stays open.
            CLAIMS.add(channel);
            return false;
        }
        channel.close();
        return false;
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port), 1);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
