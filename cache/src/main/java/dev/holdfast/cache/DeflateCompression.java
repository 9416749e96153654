package dev.holdfast.cache;

import java.io.IOException;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Deflate from the JDK; frees its native memory at once, not when somebody collects it. */
final class DeflateCompression implements Compression {
    static final DeflateCompression INSTANCE = new DeflateCompression();

    private DeflateCompression() {}

    @Override
    public byte[] compress(byte[] bytes) {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED, true);
        try {
            deflater.setInput(bytes);
            deflater.finish();
            byte[] out = new byte[Math.max(64, bytes.length / 2)];
            int length = 0;
            while (!deflater.finished()) {
                if (length == out.length) {
                    out = Arrays.copyOf(out, 2 * length);
                }
                length += deflater.deflate(out, length, out.length - length);
            }
            return Arrays.copyOf(out, length);
        } finally {
            deflater.end();
        }
    }

    @Override
    public byte[] decompress(byte[] bytes, int offset, int length, int size) throws IOException, DataFormatException {
        Inflater inflater = new Inflater(true);
        try {
            inflater.setInput(bytes, offset, length);
            byte[] out = new byte[size];
            int done = 0;
            while (done < size && !inflater.finished()) {
                int more = inflater.inflate(out, done, size - done);
                if (more == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
                    break;
                }
                done += more;
            }
            if (done != size || (!inflater.finished() && inflater.inflate(new byte[1]) != 0)) {
                throw new IOException("the compressed value does not have the " + size + " bytes it says");
            }
            return out;
        } finally {
            inflater.end();
        }
    }

    @Override
    public int id() {
        return 1;
    }
}
