package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Reading all rows in chunks: how many at a time, from where, and who records how far it is.
 *
 * <p>A chunk whose position was recorded is never handled again; one that was being handled when the program died is handled
 * again after the restart, so handlers should bear that. Not thread-safe; make one per reading.
 *
 * @param <T> type of the rows
 */
public final class KeysetChunks<T> {
    private static final int MOST_ROWS = 100_000;
    /** How many rows the first chunk has if weight bounds the chunks, which nothing is known of before. */
    private static final int FIRST_WEIGHED = 100;

    private final Keyset<T> keyset;
    private final List<@Nullable Object> arguments;
    private int size = 1_000;
    private @Nullable String startAfter;
    private @Nullable Consumer<? super ChunkProgress> listener;
    private @Nullable ToLongFunction<? super T> weigher;
    private long maximumWeight;

    KeysetChunks(Keyset<T> keyset, List<@Nullable Object> arguments) {
        this.keyset = keyset;
        this.arguments = arguments;
    }

    /**
     * Sets how many rows a chunk has at most.
     *
     * @param rows 1 to 100,000; 1,000 unless set
     * @return this
     * @throws IllegalArgumentException if it is out of range
     */
    public KeysetChunks<T> size(int rows) {
        if (rows < 1 || rows > MOST_ROWS) {
            throw new IllegalArgumentException(
                    "chunk size " + rows + " is out of range 1.." + MOST_ROWS + ": 1,000 suits most tables");
        }
        size = rows;
        return this;
    }

    /**
     * Bounds the weight of a chunk, for rows that may be heavy: chunks have as many rows as would fit if all were like the
     * heaviest seen so far, but always one. The first has at most 100.
     *
     * @param maximum at least 1, such as bytes
     * @param weight what a row weighs, in the same unit
     * @return this
     * @throws IllegalArgumentException if the maximum is less than 1
     */
    public KeysetChunks<T> maximumWeight(long maximum, ToLongFunction<? super T> weight) {
        if (maximum < 1) {
            throw new IllegalArgumentException("maximumWeight " + maximum + " must be at least 1");
        }
        maximumWeight = maximum;
        weigher = Objects.requireNonNull(weight, "weight");
        return this;
    }

    /**
     * Starts after a recorded position.
     *
     * @param position from {@link ChunkProgress#position()} of the same query, arguments and order; null for the start
     * @return this
     */
    public KeysetChunks<T> startAfter(@Nullable String position) {
        startAfter = position;
        return this;
    }

    /**
     * Has each chunk's end recorded, after it was handled and on the same thread. What the listener throws ends the reading,
     * since a position that is not recorded is lost.
     *
     * @param value the listener
     * @return this
     */
    public KeysetChunks<T> onProgress(Consumer<? super ChunkProgress> value) {
        listener = Objects.requireNonNull(value, "listener");
        return this;
    }

    /**
     * Reads and handles all chunks.
     *
     * @param handler gets each chunk
     * @param <E> what it may throw
     * @return the end of the reading; its position is where rows added later are found, empty if there never was a row
     * @throws E what the handler throws
     * @throws CursorException if the position to start after was changed or belongs elsewhere
     * @throws NonUniqueOrderException if two rows stand at the same position
     * @throws HoldfastException if the database fails; what was recorded stays valid
     */
    public <E extends Exception> ChunkProgress forEach(ChunkHandler<? super T, E> handler) throws E {
        long start = System.nanoTime();
        byte[] fingerprint =
                keyset.using((connection, source) -> keyset.declaration().fingerprint(source, arguments));
        byte[] key = keyset.declaration().positionKey();
        List<@Nullable String> position = startAfter == null ? null : decode(startAfter, key, fingerprint);
        ChunkProgress progress = new ChunkProgress(0, 0, startAfter == null ? "" : startAfter, Duration.ZERO);
        int limit = weigher == null ? size : Math.min(size, FIRST_WEIGHED);
        long heaviest = 1;
        while (true) {
            int wanted = limit;
            List<@Nullable String> after = position;
            Scan.Stretch<T> chunk = keyset.using((connection, source) -> keyset.declaration()
                    .scan(source)
                    .read(connection, arguments, after, false, wanted, Scan.Keys.EACH));
            if (chunk.items().isEmpty()) {
                return progress;
            }
            handler.handle(java.util.Collections.unmodifiableList(chunk.items()));
            position = Objects.requireNonNull(chunk.lastKey());
            progress = new ChunkProgress(
                    progress.rows() + chunk.items().size(),
                    progress.chunks() + 1,
                    new Token(Token.Way.CHUNK, position).encode(key, fingerprint),
                    Duration.ofNanos(System.nanoTime() - start));
            if (listener != null) {
                listener.accept(progress);
            }
            if (chunk.items().size() < wanted) {
                return progress;
            }
            if (weigher != null) {
                heaviest = Math.max(
                        heaviest,
                        chunk.items().stream().mapToLong(weigher).max().orElse(1));
                limit = (int) Math.max(1, Math.min(size, maximumWeight / heaviest));
            }
        }
    }

    private List<@Nullable String> decode(String text, byte[] key, byte[] fingerprint) {
        int columns = keyset.declaration().orderSize();
        Token token = Token.decode(
                text,
                key,
                fingerprint,
                columns,
                "for chunks, startAfter(null) begins again, and cursors of pages do not fit");
        if (token.way() != Token.Way.CHUNK) {
            throw new CursorException(
                    "this is a cursor of pages, not a position of chunks: use ChunkProgress.position()");
        }
        return token.values();
    }
}
