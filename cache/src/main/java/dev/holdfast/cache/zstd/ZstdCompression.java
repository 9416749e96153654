package dev.holdfast.cache.zstd;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdException;
import dev.holdfast.cache.Compression;
import java.io.IOException;

/**
 * Zstandard, which is both faster and smaller than deflate; needs {@code com.github.luben:zstd-jni} on the class path.
 *
 * <p>Immutable and thread-safe.
 */
public final class ZstdCompression implements Compression {
    private static final int DEFAULT_LEVEL = 3;
    private static final String WRONG_SIZE = "the compressed value does not have the %d bytes it says";

    private final int level;

    private ZstdCompression(int level) {
        this.level = level;
    }

    /**
     * At level 3.
     *
     * @return the compression
     */
    public static ZstdCompression create() {
        return new ZstdCompression(DEFAULT_LEVEL);
    }

    /**
     * At a chosen level.
     *
     * @param level 1 (fast) to 19 (small)
     * @return the compression
     * @throws IllegalArgumentException if there is no such level
     */
    public static ZstdCompression ofLevel(int level) {
        if (level < 1 || level > 19) {
            throw new IllegalArgumentException("zstd level " + level + " is not within 1..19: use e.g. 3");
        }
        return new ZstdCompression(level);
    }

    @Override
    public byte[] compress(byte[] bytes) {
        return Zstd.compress(bytes, level);
    }

    @Override
    public byte[] decompress(byte[] bytes, int offset, int length, int size) throws IOException {
        byte[] out = new byte[size];
        long done;
        try {
            done = Zstd.decompressByteArray(out, 0, size, bytes, offset, length);
        } catch (ZstdException e) {
            throw new IOException(WRONG_SIZE.formatted(size), e);
        }
        if (done != size) {
            throw new IOException(WRONG_SIZE.formatted(size));
        }
        return out;
    }

    @Override
    public int id() {
        return 2;
    }
}
