package dev.holdfast.batch.sql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Brings values of Java into the one form that stands for a kind of column, and refuses those that are of another kind.
 *
 * <p>The forms: Long or BigInteger, BigDecimal, Double or Float, Boolean, String (text, JSON, other), UUID, {@code byte[]},
 * LocalDate, LocalTime, LocalDateTime, OffsetDateTime in UTC, List of these.
 */
public final class Values {
    private static final int SHOWN = 40;

    private Values() {}

    /**
     * Brings a value into its form.
     *
     * @param value any value, or null
     * @param column where it shall go
     * @return the form, or null for null
     * @throws IllegalArgumentException if the value is of another kind; says which would do
     */
    public static @Nullable Object canonical(@Nullable Object value, Column column) {
        if (value == null) {
            return null;
        }
        if (column.kind() == SqlKind.ARRAY) {
            SqlKind element = column.element();
            return elements(value, element == null ? SqlKind.OTHER : element);
        }
        return canonical(value, column.kind());
    }

    private static Object canonical(Object value, SqlKind kind) {
        return switch (kind) {
            case INTEGER -> integer(value);
            case DECIMAL -> decimal(value);
            case FLOAT ->
                value instanceof Float f ? (Object) f : number(value, kind).doubleValue();
            case BOOLEAN -> value instanceof Boolean ? value : refuse(value, "a Boolean");
            case TEXT -> text(value);
            case UUID -> uuid(value);
            case JSON, OTHER -> other(value);
            case BINARY -> binary(value);
            case DATE -> date(value);
            case TIME ->
                value instanceof java.sql.Time t
                        ? t.toLocalTime()
                        : value instanceof LocalTime ? value : refuse(value, "a LocalTime");
            case TIMESTAMP ->
                value instanceof Timestamp t
                        ? t.toLocalDateTime()
                        : value instanceof LocalDateTime
                                ? value
                                : refuse(value, "a LocalDateTime, since the column has no time zone");
            case INSTANT -> instant(value);
            case ARRAY -> throw new IllegalArgumentException("an array within an array column is a list");
        };
    }

    private static Object integer(Object value) {
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof BigInteger big) {
            return big.bitLength() < Long.SIZE ? (Object) big.longValue() : big;
        }
        if (value instanceof Boolean flag) {
            return flag ? 1L : 0L;
        }
        if (value instanceof BigDecimal big
                && (big.signum() == 0 || big.stripTrailingZeros().scale() <= 0)) {
            return integer(big.toBigIntegerExact());
        }
        return refuse(value, "a whole number (Long, Integer, Short, BigInteger)");
    }

    private static Object decimal(Object value) {
        if (value instanceof BigDecimal) {
            return value;
        }
        if (value instanceof BigInteger big) {
            return new BigDecimal(big);
        }
        if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return BigDecimal.valueOf(((Number) value).longValue());
        }
        return refuse(value, "a BigDecimal or a whole number; a double has no exact decimal value");
    }

    private static Number number(Object value, SqlKind kind) {
        return value instanceof Number number ? number : (Number) refuse(value, "a number for " + kind);
    }

    private static Object text(Object value) {
        if (value instanceof CharSequence || value instanceof Character) {
            return value.toString();
        }
        return value instanceof Enum<?> constant
                ? constant.name()
                : refuse(value, "a String, a Character or an enum; convert it in the column's function");
    }

    private static Object uuid(Object value) {
        if (value instanceof CharSequence text) {
            try {
                UUID uuid = UUID.fromString(text.toString());
                if (uuid.toString().equalsIgnoreCase(text.toString())) {
                    return uuid;
                }
            } catch (IllegalArgumentException e) {
                return refuse(value, "a UUID");
            }
        }
        return value instanceof UUID ? value : refuse(value, "a UUID");
    }

    private static Object other(Object value) {
        return value instanceof byte[] || value instanceof ByteBuffer
                ? refuse(value, "something whose toString() the database can read")
                : value.toString();
    }

    private static Object binary(Object value) {
        if (value instanceof ByteBuffer buffer) {
            byte[] bytes = new byte[buffer.remaining()];
            buffer.duplicate().get(bytes);
            return bytes;
        }
        if (value instanceof UUID uuid) {
            return ByteBuffer.allocate(16)
                    .putLong(uuid.getMostSignificantBits())
                    .putLong(uuid.getLeastSignificantBits())
                    .array();
        }
        return value instanceof byte[] ? value : refuse(value, "a byte[], a ByteBuffer or a UUID");
    }

    private static Object date(Object value) {
        if (value instanceof java.sql.Date date) {
            return date.toLocalDate();
        }
        return value instanceof LocalDate ? value : refuse(value, "a LocalDate");
    }

    private static Object instant(Object value) {
        if (value instanceof Instant instant) {
            return instant.atOffset(ZoneOffset.UTC);
        }
        if (value instanceof OffsetDateTime time) {
            return time.withOffsetSameInstant(ZoneOffset.UTC);
        }
        if (value instanceof ZonedDateTime time) {
            return time.toInstant().atOffset(ZoneOffset.UTC);
        }
        if (value instanceof Date date && !(value instanceof java.sql.Date) && !(value instanceof java.sql.Time)) {
            return date.toInstant().atOffset(ZoneOffset.UTC);
        }
        return refuse(value, "an Instant, an OffsetDateTime or a ZonedDateTime, since the column is an instant");
    }

    private static List<@Nullable Object> elements(Object value, SqlKind kind) {
        Object source = value;
        if (value instanceof java.sql.Array array) {
            try {
                source = array.getArray();
            } catch (SQLException e) {
                throw new IllegalArgumentException("an SQL array that cannot be read: " + e.getMessage(), e);
            }
        }
        List<@Nullable Object> elements = new ArrayList<>();
        if (source instanceof Collection<?> collection) {
            for (Object element : collection) {
                elements.add(element(element, kind));
            }
        } else if (source.getClass().isArray() && !(source instanceof byte[])) {
            int length = java.lang.reflect.Array.getLength(source);
            for (int i = 0; i < length; i++) {
                elements.add(element(java.lang.reflect.Array.get(source, i), kind));
            }
        } else {
            refuse(value, "an array or a collection");
        }
        return elements;
    }

    private static @Nullable Object element(@Nullable Object value, SqlKind kind) {
        if (value == null) {
            return null;
        }
        boolean nested = value instanceof Collection<?>
                || value.getClass().isArray() && !(value instanceof byte[])
                || value instanceof java.sql.Array;
        return nested ? elements(value, kind) : canonical(value, kind);
    }

    private static Object refuse(Object value, String wanted) {
        throw new IllegalArgumentException(
                value.getClass().getName() + " " + shown(value) + " does not fit: give " + wanted);
    }

    /**
     * Shortens a value for a message.
     *
     * @param value the value
     * @return at most 40 characters of it, in quotes
     */
    public static String shown(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return "of " + bytes.length + " bytes";
        }
        String text = String.valueOf(value);
        return "'" + (text.length() > SHOWN ? text.substring(0, SHOWN) + "…" : text) + "'";
    }

    /**
     * Gives a key a form whose {@code equals} and order are the database's, as far as Java can know them.
     *
     * @param canonical the form of a value, not null
     * @return something comparable with others of its column
     */
    public static Comparable<?> comparable(Object canonical) {
        if (canonical instanceof BigInteger big) {
            return new BigDecimal(big);
        }
        if (canonical instanceof BigDecimal big) {
            return big.signum() == 0 ? BigDecimal.ZERO : big.stripTrailingZeros();
        }
        if (canonical instanceof Float number) {
            return number == 0 ? (Float) 0f : number;
        }
        if (canonical instanceof Double number) {
            return number == 0 ? (Double) 0d : number;
        }
        if (canonical instanceof byte[] bytes) {
            return java.util.HexFormat.of().formatHex(bytes);
        }
        if (canonical instanceof UUID || canonical instanceof List<?>) {
            return canonical.toString();
        }
        if (canonical instanceof OffsetDateTime time) {
            return time.toInstant();
        }
        return (Comparable<?>) canonical;
    }

    /**
     * Writes a value as PostgreSQL, MariaDB and MySQL read it from text.
     *
     * @param canonical the form of a value, no array and not null
     * @return the text; bytes as hexadecimal digits
     */
    public static String text(Object canonical, boolean postgres) {
        if (canonical instanceof byte[] bytes) {
            String hex = java.util.HexFormat.of().formatHex(bytes);
            return postgres ? "\\x" + hex : hex;
        }
        if (canonical instanceof LocalDate date) {
            return dated(date, "");
        }
        if (canonical instanceof LocalDateTime time) {
            return dated(time.toLocalDate(), (postgres ? "T" : " ") + time.toLocalTime());
        }
        if (canonical instanceof OffsetDateTime time) {
            return dated(time.toLocalDate(), "T" + time.toLocalTime() + "Z");
        }
        return canonical.toString();
    }

    /** Years before the first are written as PostgreSQL wants them; other databases refuse them. */
    private static String dated(LocalDate date, String time) {
        int year = date.getYear();
        String rest = String.format("-%02d-%02d", date.getMonthValue(), date.getDayOfMonth()) + time;
        return year > 0 ? String.format("%04d", year) + rest : String.format("%04d", 1 - year) + rest + " BC";
    }
}
