package dev.holdfast.cache.jooq;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.jooq.Configuration;
import org.jooq.DataType;
import org.jooq.Field;
import org.jooq.Param;
import org.jspecify.annotations.Nullable;

/**
 * The key of a result: SHA-256 over everything that decides what the query returns and how it is read, each piece with its
 * length or type in front, so that no two queries run together. The same on every node and in every process.
 */
final class QueryKey {
    private QueryKey() {}

    static String of(
            String kind,
            String partition,
            Configuration configuration,
            String sql,
            Collection<? extends Param<?>> binds,
            List<? extends Field<?>> fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            Cells.writeText(out, "1");
            Cells.writeText(out, kind);
            Cells.writeText(out, partition);
            Cells.writeText(out, configuration.dialect().name());
            Cells.writeText(out, sql);
            out.writeInt(binds.size());
            for (Param<?> bind : binds) {
                writeBind(out, bind);
            }
            out.writeInt(fields.size());
            for (Field<?> field : fields) {
                writeType(out, field.getDataType());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // Nothing here writes to anything but memory.
        }
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256(bytes.toByteArray()));
    }

    private static <T> void writeBind(DataOutputStream out, Param<T> bind) throws IOException {
        writeType(out, bind.getDataType());
        @Nullable Object value = Cells.toDatabase(bind.getDataType(), bind.getValue(), "bind value " + bind.getName());
        Cells.write(out, value);
    }

    private static void writeType(DataOutputStream out, DataType<?> type) throws IOException {
        Cells.writeText(out, type.getFromType().getName());
        Cells.writeText(out, type.getType().getName());
        String converter = type.getConverter().getClass().getName();
        // The names of lambdas and of hidden classes differ from process to process.
        Cells.writeText(out, converter.contains("$$Lambda") || converter.indexOf('/') >= 0 ? "" : converter);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
