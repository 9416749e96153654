package dev.holdfast.testkit.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What Redis answered: bytes, a number, a list of replies, or nothing.
 *
 * <p>Immutable. {@link #toString()} reads like {@code redis-cli}, so that failed assertions do too.
 */
public final class RedisReply {

    private final @Nullable Object value;

    private RedisReply(@Nullable Object value) {
        this.value = value;
    }

    static RedisReply ofBytes(byte[] bytes) {
        return new RedisReply(bytes);
    }

    static RedisReply ofNumber(long number) {
        return new RedisReply(number);
    }

    static RedisReply ofList(List<RedisReply> list) {
        return new RedisReply(List.copyOf(list));
    }

    static RedisReply ofNull() {
        return new RedisReply(null);
    }

    /**
     * Tells whether Redis answered nil, as for a key that does not exist.
     *
     * @return whether there is no value
     */
    public boolean isNull() {
        return value == null;
    }

    /**
     * Returns a status, a string or a number as text.
     *
     * @return the text, decoded as UTF-8; null if Redis answered nil
     * @throws IllegalStateException if the reply is a list
     */
    public @Nullable String text() {
        if (value instanceof byte[] bytes) {
            return new String(bytes, StandardCharsets.UTF_8);
        }
        if (value instanceof List) {
            throw new IllegalStateException("not a text: " + this);
        }
        return value == null ? null : value.toString();
    }

    /**
     * Returns a string as it is.
     *
     * @return the bytes
     * @throws IllegalStateException if the reply is anything else
     */
    public byte[] bytes() {
        if (value instanceof byte[] bytes) {
            return bytes.clone();
        }
        throw new IllegalStateException("not a string: " + this);
    }

    /**
     * Returns a number, or a string that holds one.
     *
     * @return the number
     * @throws IllegalStateException if the reply is anything else
     */
    public long number() {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof byte[] bytes) {
            try {
                return Long.parseLong(new String(bytes, StandardCharsets.UTF_8));
            } catch (NumberFormatException e) {
                throw new IllegalStateException("not a number: " + this, e);
            }
        }
        throw new IllegalStateException("not a number: " + this);
    }

    /**
     * Returns the elements of a list.
     *
     * @return the replies in it; empty for nil
     * @throws IllegalStateException if the reply is anything else
     */
    public List<RedisReply> list() {
        if (value == null) {
            return List.of();
        }
        if (value instanceof List<?> list) {
            return list.stream().map(RedisReply.class::cast).toList();
        }
        throw new IllegalStateException("not a list: " + this);
    }

    /**
     * Returns the elements of a list of strings.
     *
     * @return their texts; an element that is nil becomes {@code "(nil)"}
     * @throws IllegalStateException if the reply is not a list, or one of lists
     */
    public List<String> texts() {
        return list().stream()
                .map(element -> element.isNull() ? "(nil)" : String.valueOf(element.text()))
                .toList();
    }

    @Override
    public String toString() {
        if (value == null) {
            return "(nil)";
        }
        if (value instanceof List<?> list) {
            return list.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
        }
        return String.valueOf(text());
    }
}
