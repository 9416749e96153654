package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.ServerException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One connection to Redis, for looking inside from a test; it never reconnects and never repeats a command.
 *
 * <p>Each call waits at most its timeout (5 s unless said otherwise). Thread-safe: calls wait for one another. After a
 * timeout the connection is closed, because a late answer would be taken for that of the next command.
 */
public final class RespClient implements AutoCloseable {

    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private final ReentrantLock lock = new ReentrantLock();
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private RespClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new BufferedInputStream(socket.getInputStream());
        this.out = new BufferedOutputStream(socket.getOutputStream());
    }

    /**
     * Connects in plain text.
     *
     * @param host the host
     * @param port the port
     * @return the connection
     * @throws ServerException if nobody answers
     */
    public static RespClient connect(String host, int port) {
        return connect(host, port, null, TIMEOUT);
    }

    static RespClient connect(String host, int port, @Nullable SSLContext tls, Duration timeout) {
        Socket socket = new Socket();
        try {
            int millis = Math.toIntExact(timeout.toMillis());
            socket.connect(new InetSocketAddress(host, port), millis);
            socket.setSoTimeout(millis);
            socket.setTcpNoDelay(true);
            if (tls != null) {
                socket = handshake(tls, socket, host, port);
            }
            return new RespClient(socket);
        } catch (IOException e) {
            closeQuietly(socket);
            throw new ServerException("cannot connect to Redis at " + host + ":" + port, e);
        }
    }

    private static Socket handshake(SSLContext tls, Socket plain, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, host, port, true);
        socket.startHandshake();
        return socket;
    }

    /**
     * Sends a command and waits for its answer.
     *
     * @param words the command and its arguments, as in {@code call("GET", "key")}
     * @return the answer
     * @throws RedisReplyException if the answer is an error
     * @throws ServerException if there is no answer in time, or the connection breaks
     */
    public RedisReply call(String... words) {
        byte[][] arguments = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            arguments[i] = words[i].getBytes(StandardCharsets.UTF_8);
        }
        return call(arguments);
    }

    /**
     * Sends a command with binary arguments and waits for its answer.
     *
     * @param words the command and its arguments
     * @return the answer
     * @throws RedisReplyException if the answer is an error
     * @throws ServerException if there is no answer in time, or the connection breaks
     */
    public RedisReply call(byte[]... words) {
        String command = new String(words[0], StandardCharsets.UTF_8);
        lock.lock();
        try {
            write(words);
            return read(command, true);
        } catch (IOException e) {
            closeQuietly(socket);
            throw new ServerException(command + ": no answer from " + socket.getRemoteSocketAddress(), e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for a message that the server sends by itself, after {@code SUBSCRIBE} or {@code MONITOR}.
     *
     * @return the message
     * @throws ServerException if none comes in time; the connection is closed then
     */
    public RedisReply receive() {
        lock.lock();
        try {
            return read("message", true);
        } catch (IOException e) {
            closeQuietly(socket);
            throw new ServerException("no message from " + socket.getRemoteSocketAddress(), e);
        } finally {
            lock.unlock();
        }
    }

    private void write(byte[]... words) throws IOException {
        out.write(ascii("*" + words.length + "\r\n"));
        for (byte[] word : words) {
            out.write(ascii("$" + word.length + "\r\n"));
            out.write(word);
            out.write(ascii("\r\n"));
        }
        out.flush();
    }

    private RedisReply read(String command, boolean outermost) throws IOException {
        int type = in.read();
        if (type < 0) {
            throw new EOFException("connection closed by Redis");
        }
        String line = line();
        return switch (type) {
            case '+' -> RedisReply.ofBytes(line.getBytes(StandardCharsets.UTF_8));
            case ':' -> RedisReply.ofNumber(Long.parseLong(line));
            case '$' -> bulk(Integer.parseInt(line));
            case '*' -> array(command, Integer.parseInt(line));
            case '-' -> {
                if (outermost) {
                    throw new RedisReplyException(command, line);
                }
                // One command of a transaction failed; the answers of the others follow.
                yield RedisReply.ofBytes(line.getBytes(StandardCharsets.UTF_8));
            }
            default -> throw new IOException("not the Redis protocol: " + (char) type + line);
        };
    }

    private RedisReply bulk(int length) throws IOException {
        if (length < 0) {
            return RedisReply.ofNull();
        }
        byte[] bytes = in.readNBytes(length + 2);
        if (bytes.length < length + 2) {
            throw new EOFException("connection closed by Redis inside a reply");
        }
        return RedisReply.ofBytes(Arrays.copyOf(bytes, length));
    }

    private RedisReply array(String command, int length) throws IOException {
        if (length < 0) {
            return RedisReply.ofNull();
        }
        List<RedisReply> elements = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            elements.add(read(command, false));
        }
        return RedisReply.ofList(elements);
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("connection closed by Redis inside a reply");
            }
            line.append((char) c);
        }
        if (in.read() != '\n') {
            throw new IOException("not the Redis protocol: a carriage return without line feed");
        }
        return line.toString();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // Nothing is expected of this connection any more.
            return;
        }
    }

    /** Closes the connection. */
    @Override
    public void close() {
        closeQuietly(socket);
    }
}
