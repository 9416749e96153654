package dev.holdfast.testkit.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.locks.ReentrantLock;

/** The last lines a server printed; a daemon thread per running server drains the pipe, so that it never fills. */
final class OutputRing {

    private static final int MAX_LINES = 200;
    private static final int MAX_LINE_LENGTH = 1_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Deque<String> lines = new ArrayDeque<>(MAX_LINES);

    /** Starts to drain; the thread ends when the server closes its end. */
    Thread drain(String server, InputStream stream) {
        Thread thread = new Thread(() -> read(stream), "testkit-output-" + server);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void read(InputStream stream) {
        try (Reader reader = new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
            // Not by readLine(), which gathers all of a line however long it is.
            StringBuilder line = new StringBuilder(MAX_LINE_LENGTH);
            boolean cut = false;
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                if (c == '\n') {
                    if (!cut) {
                        add(line.toString());
                    }
                    line.setLength(0);
                    cut = false;
                } else if (line.length() < MAX_LINE_LENGTH) {
                    line.append((char) c);
                } else if (!cut) {
                    add(line + "...");
                    cut = true;
                }
            }
            if (!cut && line.length() > 0) {
                add(line.toString());
            }
        } catch (IOException e) {
            // The process ended and the JDK closed the pipe under the reader: what was printed is in the ring.
            add("[output ends: " + e.getMessage() + "]");
        }
    }

    private void add(String line) {
        lock.lock();
        try {
            if (lines.size() == MAX_LINES) {
                lines.removeFirst();
            }
            lines.addLast(line);
        } finally {
            lock.unlock();
        }
    }

    void clear() {
        lock.lock();
        try {
            lines.clear();
        } finally {
            lock.unlock();
        }
    }

    String text() {
        lock.lock();
        try {
            return String.join("\n", lines);
        } finally {
            lock.unlock();
        }
    }
}
