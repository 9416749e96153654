package dev.holdfast.cache.jooq;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.sql.Date;
import java.sql.Time;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Year;
import java.util.List;
import java.util.UUID;
import org.jooq.DataType;
import org.jooq.EnumType;
import org.jooq.JSON;
import org.jooq.JSONB;
import org.jooq.Result;
import org.jooq.XML;
import org.jooq.types.DayToSecond;
import org.jooq.types.UByte;
import org.jooq.types.UInteger;
import org.jooq.types.ULong;
import org.jooq.types.UShort;
import org.jooq.types.YearToMonth;
import org.jooq.types.YearToSecond;
import org.jspecify.annotations.Nullable;

/**
 * Values of columns, exactly: each with the code of its class in front, so that what comes back has the class, scale, offset
 * and precision of what went in. Only the classes listed here are ever created.
 *
 * <p>A value is kept as the database type of its column: before its converter, an enum as its literal, a nested result as rows.
 * Codes are part of the format of tier 2: append only, or change {@link RowsCodec#id()}.
 */
final class Cells {
    private static final int NULL = 0;
    private static final int ARRAY = 1;
    private static final int ROWS = 2;
    private static final int FIRST_SCALAR = 10;

    private static final List<Class<?>> SCALARS = List.of(
            String.class,
            Boolean.class,
            Byte.class,
            Short.class,
            Integer.class,
            Long.class,
            BigInteger.class,
            BigDecimal.class,
            Float.class,
            Double.class,
            byte[].class,
            UUID.class,
            LocalDate.class,
            LocalTime.class,
            LocalDateTime.class,
            OffsetTime.class,
            OffsetDateTime.class,
            Instant.class,
            Year.class,
            Date.class,
            Time.class,
            Timestamp.class,
            JSON.class,
            JSONB.class,
            XML.class,
            UByte.class,
            UShort.class,
            UInteger.class,
            ULong.class,
            YearToMonth.class,
            DayToSecond.class,
            YearToSecond.class,
            Object.class);

    private Cells() {}

    /**
     * What to keep of a value.
     *
     * @param what names the column in messages
     * @throws IllegalArgumentException if the value cannot be kept exactly
     */
    static <T> @Nullable Object toDatabase(DataType<T> type, @Nullable Object value, String what) {
        if (value == null) {
            return null;
        }
        @Nullable Object database;
        try {
            database = type.getConverter().to(type.getType().cast(value));
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(
                    what + ": its converter does not convert back from "
                            + value.getClass().getName()
                            + ": give it both directions, or select the plain column and convert what fetch() returns",
                    e);
        }
        return plain(database, type, what);
    }

    private static @Nullable Object plain(@Nullable Object value, DataType<?> type, String what) {
        if (value == null || SCALARS.contains(value.getClass())) {
            return value;
        }
        if (value instanceof EnumType literal) {
            return literal.getLiteral();
        }
        if (value instanceof Object[] array) {
            Object[] copy = value instanceof EnumType[]
                    ? new String[array.length]
                    : (Object[]) Array.newInstance(value.getClass().getComponentType(), array.length);
            code(copy.getClass().getComponentType(), what);
            for (int i = 0; i < array.length; i++) {
                copy[i] = plain(array[i], type, what);
            }
            return copy;
        }
        if (value instanceof Result<?> rows) {
            return CachedRows.nested(rows, what);
        }
        throw new IllegalArgumentException(
                what + ": values of " + value.getClass().getName()
                        + " cannot be cached: select a type that SQL has, or give the column a converter from one");
    }

    /** The value of a column, as jOOQ had read it; shares nothing mutable with the cache. */
    static <T> @Nullable T fromDatabase(DataType<T> type, @Nullable Object database) {
        if (database == null) {
            return null;
        }
        if (database instanceof CachedRows rows) {
            return convert(type, rows.toNested(type));
        }
        return convert(type, copy(database));
    }

    @SuppressWarnings("unchecked") // The class is checked before.
    private static <T> @Nullable T convert(DataType<T> type, Object database) {
        if (type.getFromType().isInstance(database)) {
            return ((org.jooq.Converter<Object, T>) (org.jooq.Converter<?, T>) type.getConverter()).from(database);
        }
        return type.convert(database); // An enum from its literal.
    }

    private static Object copy(Object value) {
        if (value instanceof byte[] bytes) {
            return bytes.clone();
        }
        if (value instanceof Date date) { // The classes of java.sql are mutable.
            return date.clone();
        }
        if (value instanceof Time time) {
            return time.clone();
        }
        if (value instanceof Timestamp timestamp) {
            return timestamp.clone();
        }
        if (value instanceof Object[] array) {
            Object[] copy = array.clone();
            for (int i = 0; i < copy.length; i++) {
                copy[i] = copy[i] == null ? null : copy(copy[i]);
            }
            return copy;
        }
        return value;
    }

    private static int code(Class<?> type, String what) {
        int dimensions = 0;
        Class<?> base = type;
        while (base.isArray() && base != byte[].class) {
            base = base.getComponentType();
            dimensions++;
        }
        int index = SCALARS.indexOf(base);
        if (index < 0 || dimensions > 5) {
            throw new IllegalArgumentException(what + ": arrays of " + type.getName()
                    + " cannot be cached: select a type that SQL has, or give the column a converter from one");
        }
        return FIRST_SCALAR + index + dimensions * 1_000;
    }

    private static Class<?> type(int code) throws IOException {
        Class<?> type = scalar(code % 1_000);
        for (int dimensions = code / 1_000; dimensions > 0; dimensions--) {
            type = type.arrayType();
        }
        return type;
    }

    private static Class<?> scalar(int code) throws IOException {
        int index = code - FIRST_SCALAR;
        if (index < 0 || index >= SCALARS.size()) {
            throw new IOException("no value has the code " + code);
        }
        return SCALARS.get(index);
    }

    /** The class that stands for a column's database type where nothing else is known of it. */
    static int typeCode(DataType<?> type) {
        Class<?> from = type.getFromType();
        return EnumType.class.isAssignableFrom(from)
                ? code(String.class, "")
                : SCALARS.contains(from) || from.isArray() && SCALARS.contains(from.getComponentType())
                        ? code(from, "")
                        : code(Object.class, "");
    }

    static Class<?> typeOf(int code) throws IOException {
        return type(code);
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        return new String(readBytes(in), StandardCharsets.UTF_8);
    }

    private static byte[] readBytes(DataInputStream in) throws IOException {
        int length = readLength(in);
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return bytes;
    }

    /** A length that what is left can hold: a corrupt one must not allocate. */
    static int readLength(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a length of " + length + " with " + in.available() + " bytes left");
        }
        return length;
    }

    static void write(DataOutputStream out, @Nullable Object value) throws IOException {
        if (value == null) {
            out.writeShort(NULL);
        } else if (value instanceof CachedRows rows) {
            out.writeShort(ROWS);
            rows.write(out);
        } else if (value instanceof Object[] array) {
            out.writeShort(ARRAY);
            out.writeShort(code(array.getClass().getComponentType(), "array"));
            out.writeInt(array.length);
            for (Object element : array) {
                write(out, element);
            }
        } else {
            int code = code(value.getClass(), "value");
            out.writeShort(code);
            writeScalar(out, value);
        }
    }

    private static void writeScalar(DataOutputStream out, Object value) throws IOException {
        if (value instanceof Boolean v) {
            out.writeBoolean(v);
        } else if (value instanceof Byte v) {
            out.writeByte(v);
        } else if (value instanceof Short v) {
            out.writeShort(v);
        } else if (value instanceof Integer v) {
            out.writeInt(v);
        } else if (value instanceof Long v) {
            out.writeLong(v);
        } else if (value instanceof Float v) {
            out.writeInt(Float.floatToRawIntBits(v));
        } else if (value instanceof Double v) {
            out.writeLong(Double.doubleToRawLongBits(v));
        } else if (value instanceof BigDecimal v) {
            out.writeInt(v.scale());
            writeBytes(out, v.unscaledValue().toByteArray());
        } else if (value instanceof byte[] v) {
            writeBytes(out, v);
        } else if (value instanceof UUID v) {
            out.writeLong(v.getMostSignificantBits());
            out.writeLong(v.getLeastSignificantBits());
        } else if (value instanceof Date v) {
            writeText(out, v.toLocalDate().toString());
        } else if (value instanceof Time v) {
            writeText(out, v.toLocalTime().toString());
            out.writeInt((int) Math.floorMod(v.getTime(), 1_000L));
        } else if (value instanceof Timestamp v) {
            writeText(out, v.toLocalDateTime().toString());
        } else if (value instanceof JSON v) {
            writeText(out, v.data());
        } else if (value instanceof JSONB v) {
            writeText(out, v.data());
        } else if (value instanceof XML v) {
            writeText(out, v.data());
        } else {
            writeText(out, value.toString()); // java.time and jOOQ's numbers and intervals parse what they print.
        }
    }

    private static void writeBytes(DataOutputStream out, byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static @Nullable Object read(DataInputStream in) throws IOException {
        int code = in.readUnsignedShort();
        switch (code) {
            case NULL:
                return null;
            case ROWS:
                return CachedRows.read(in);
            case ARRAY:
                Class<?> component = type(in.readUnsignedShort());
                int length = readLength(in);
                Object[] array = (Object[]) Array.newInstance(component, length);
                for (int i = 0; i < length; i++) {
                    array[i] = read(in);
                }
                return array;
            default:
                return readScalar(in, scalar(code));
        }
    }

    private static Object readScalar(DataInputStream in, Class<?> type) throws IOException {
        if (type == Boolean.class) {
            return in.readBoolean();
        } else if (type == Byte.class) {
            return in.readByte();
        } else if (type == Short.class) {
            return in.readShort();
        } else if (type == Integer.class) {
            return in.readInt();
        } else if (type == Long.class) {
            return in.readLong();
        } else if (type == Float.class) {
            return Float.intBitsToFloat(in.readInt());
        } else if (type == Double.class) {
            return Double.longBitsToDouble(in.readLong());
        } else if (type == BigDecimal.class) {
            int scale = in.readInt();
            return new BigDecimal(new BigInteger(readBytes(in)), scale);
        } else if (type == byte[].class) {
            return readBytes(in);
        } else if (type == UUID.class) {
            long most = in.readLong();
            return new UUID(most, in.readLong());
        } else if (type == Time.class) {
            long seconds = Time.valueOf(LocalTime.parse(readText(in))).getTime();
            return new Time(seconds + in.readInt());
        }
        return parse(type, readText(in));
    }

    private static Object parse(Class<?> type, String text) throws IOException {
        if (type == String.class) {
            return text;
        } else if (type == BigInteger.class) {
            return new BigInteger(text);
        } else if (type == LocalDate.class) {
            return LocalDate.parse(text);
        } else if (type == LocalTime.class) {
            return LocalTime.parse(text);
        } else if (type == LocalDateTime.class) {
            return LocalDateTime.parse(text);
        } else if (type == OffsetTime.class) {
            return OffsetTime.parse(text);
        } else if (type == OffsetDateTime.class) {
            return OffsetDateTime.parse(text);
        } else if (type == Instant.class) {
            return Instant.parse(text);
        } else if (type == Year.class) {
            return Year.of(Integer.parseInt(text));
        } else if (type == Date.class) {
            return Date.valueOf(LocalDate.parse(text));
        } else if (type == Timestamp.class) {
            return Timestamp.valueOf(LocalDateTime.parse(text));
        } else if (type == JSON.class) {
            return JSON.valueOf(text);
        } else if (type == JSONB.class) {
            return JSONB.valueOf(text);
        } else if (type == XML.class) {
            return XML.valueOf(text);
        } else if (type == UByte.class) {
            return UByte.valueOf(text);
        } else if (type == UShort.class) {
            return UShort.valueOf(text);
        } else if (type == UInteger.class) {
            return UInteger.valueOf(text);
        } else if (type == ULong.class) {
            return ULong.valueOf(text);
        } else if (type == YearToMonth.class) {
            return YearToMonth.valueOf(text);
        } else if (type == DayToSecond.class) {
            return DayToSecond.valueOf(text);
        } else if (type == YearToSecond.class) {
            return YearToSecond.valueOf(text);
        }
        throw new IOException("no value is of " + type.getName());
    }
}
