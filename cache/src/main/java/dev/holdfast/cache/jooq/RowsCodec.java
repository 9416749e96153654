package dev.holdfast.cache.jooq;

import dev.holdfast.cache.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;

/** {@link CachedRows} as bytes. */
enum RowsCodec implements Codec<CachedRows> {
    INSTANCE;

    @Override
    public byte[] encode(CachedRows value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1_024);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            value.write(out);
        }
        return bytes.toByteArray();
    }

    @Override
    public CachedRows decode(byte[] bytes) throws IOException {
        return decode(bytes, 0, bytes.length);
    }

    @Override
    public CachedRows decode(byte[] bytes, int offset, int length) throws IOException {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, offset, length))) {
            CachedRows rows = CachedRows.read(in);
            if (in.available() > 0) {
                throw new IOException(in.available() + " bytes too many");
            }
            return rows;
        }
    }

    @Override
    public int id() {
        return 32;
    }
}
