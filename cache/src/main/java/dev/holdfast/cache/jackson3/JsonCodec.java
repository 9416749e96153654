package dev.holdfast.cache.jackson3;

import dev.holdfast.cache.Codec;
import java.io.IOException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Values as JSON by Jackson 3, of one declared type: no type names in the data, so nothing a stranger wrote is
 * instantiated. Reads what the codec of Jackson 2 wrote, and the other way round.
 *
 * <p>By default properties unknown to this version of the type are ignored, so that old and new nodes share a cache during
 * a rollout. Immutable and thread-safe.
 *
 * @param <V> the value type
 */
public final class JsonCodec<V> implements Codec<V> {
    private final ObjectReader reader;
    private final ObjectWriter writer;

    private JsonCodec(ObjectMapper mapper, JavaType type) {
        this.reader = mapper.readerFor(type);
        this.writer = mapper.writerFor(type);
    }

    /**
     * A codec for a class or record.
     *
     * @param type the value type
     * @param <V> the value type
     * @return the codec
     */
    public static <V> JsonCodec<V> of(Class<V> type) {
        ObjectMapper mapper = standard();
        return new JsonCodec<>(mapper, mapper.constructType(type));
    }

    /**
     * A codec for a generic type, such as {@code new TypeReference<List<Product>>() {}}.
     *
     * @param type the value type
     * @param <V> the value type
     * @return the codec
     */
    public static <V> JsonCodec<V> of(TypeReference<V> type) {
        ObjectMapper mapper = standard();
        return new JsonCodec<>(mapper, mapper.constructType(type.getType()));
    }

    /**
     * A codec with an application's own mapper, which should not be reconfigured afterwards.
     *
     * @param type the value type
     * @param mapper decides about modules and features
     * @param <V> the value type
     * @return the codec
     */
    public static <V> JsonCodec<V> of(Class<V> type, ObjectMapper mapper) {
        return new JsonCodec<>(mapper, mapper.constructType(type));
    }

    private static ObjectMapper standard() {
        return JsonMapper.builder()
                .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                .build();
    }

    @Override
    public byte[] encode(V value) throws IOException {
        return writer.writeValueAsBytes(value);
    }

    @Override
    public V decode(byte[] bytes) throws IOException {
        return decode(bytes, 0, bytes.length);
    }

    @Override
    public V decode(byte[] bytes, int offset, int length) throws IOException {
        V value = reader.readValue(bytes, offset, length);
        if (value == null) {
            throw new IOException("the JSON is null");
        }
        return value;
    }

    @Override
    public int id() {
        return 3;
    }
}
