package dev.holdfast.cache.call;

import java.io.ByteArrayOutputStream;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Currency;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that stand for a value and for no other: a tag, and lengths before everything that varies, so that no value is
 * the beginning of another.
 *
 * <p>The format is part of every key in every cache: adding a tag is safe, changing one empties caches. Numbers below are
 * big-endian; {@code n} is four bytes. For one thread.
 *
 * <pre>
 * N                       null                     U 16 bytes        UUID
 * 0 | 1                   false | true             I long, int       Instant: seconds, nanoseconds
 * i n bytes               integer, shortest        D long, int       Duration: seconds, nanoseconds
 * d long                  double, one NaN          T text text       java.time and others: class name, ISO text
 * p n bytes int           decimal: unscaled, scale e text text       enum: class name, constant
 * s n utf-8               text without surrogates  [ n values        list or array
 * u n chars               any other text           { n (key value)   map, entries sorted by their bytes
 * c 2 bytes               char                     < n values        set, sorted by their bytes
 * b n bytes               byte[]                   r text n values   record: class name, components as declared
 * o value | O             optional | empty         k text            KeyHash
 * L 5 texts               Locale: language, script, country, variant, tag
 * </pre>
 */
final class CanonicalBytes {
    private static final int DEEPEST = 64;

    /** Final classes whose texts are specified (ISO 8601 and the like) and differ where the values do. */
    private static final Set<Class<?>> TEXTUAL = Set.of(
            LocalDate.class,
            LocalTime.class,
            LocalDateTime.class,
            OffsetDateTime.class,
            OffsetTime.class,
            ZonedDateTime.class,
            Period.class,
            Year.class,
            YearMonth.class,
            MonthDay.class,
            Currency.class,
            URI.class);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(64);
    private final String parameter;

    CanonicalBytes(String parameter) {
        this.parameter = parameter;
    }

    /** The bytes of one value; the parameter is for messages. */
    static byte[] of(String parameter, @Nullable Object value) {
        return encode(parameter, value, 0);
    }

    private static byte[] encode(String place, @Nullable Object value, int depth) {
        CanonicalBytes bytes = new CanonicalBytes(place);
        bytes.value(place, value, depth);
        return bytes.toByteArray();
    }

    byte[] toByteArray() {
        return out.toByteArray();
    }

    void append(byte[] bytes) {
        out.write(bytes, 0, bytes.length);
    }

    void text(String text) {
        if (text.chars().anyMatch(c -> Character.isSurrogate((char) c))) {
            // Charsets have no bytes for half a pair and would make all halves one.
            out.write('u');
            int32(text.length());
            text.chars().forEach(this::int16);
        } else {
            out.write('s');
            sized(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    private void value(String place, @Nullable Object value, int depth) {
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("parameter '" + parameter + "' is nested more than " + DEEPEST
                    + " deep, or contains itself: pass less of it");
        }
        if (value == null) {
            out.write('N');
        } else if (!number(value) && !simple(value)) {
            composed(place, value, depth);
        }
    }

    private boolean number(Object value) {
        if (value instanceof Integer || value instanceof Long || value instanceof Short || value instanceof Byte) {
            out.write('i');
            sized(BigInteger.valueOf(((Number) value).longValue()).toByteArray());
        } else if (value.getClass() == BigInteger.class) {
            out.write('i');
            sized(((BigInteger) value).toByteArray());
        } else if (value instanceof Double || value instanceof Float) {
            out.write('d');
            int64(Double.doubleToLongBits(((Number) value).doubleValue()));
        } else if (value.getClass() == BigDecimal.class) {
            BigDecimal decimal = ((BigDecimal) value).stripTrailingZeros();
            out.write('p');
            sized(decimal.unscaledValue().toByteArray());
            int32(decimal.scale());
        } else {
            return false;
        }
        return true;
    }

    private boolean simple(Object value) {
        if (value instanceof String text) {
            text(text);
        } else if (value instanceof Boolean truth) {
            out.write(truth ? '1' : '0');
        } else if (value instanceof Character character) {
            out.write('c');
            int16(character);
        } else if (value instanceof byte[] bytes) {
            out.write('b');
            sized(bytes);
        } else if (value instanceof Enum<?> constant) {
            named('e', constant.getDeclaringClass().getName(), constant.name());
        } else if (value instanceof UUID uuid) {
            out.write('U');
            int64(uuid.getMostSignificantBits());
            int64(uuid.getLeastSignificantBits());
        } else if (value instanceof KeyHash key) {
            out.write('k');
            text(key.text());
        } else {
            return temporal(value);
        }
        return true;
    }

    private boolean temporal(Object value) {
        if (value instanceof Instant instant) {
            out.write('I');
            int64(instant.getEpochSecond());
            int32(instant.getNano());
        } else if (value instanceof Duration duration) {
            out.write('D');
            int64(duration.getSeconds());
            int32(duration.getNano());
        } else if (value instanceof ZoneId zone) {
            named('T', "java.time.ZoneId", zone.getId());
        } else if (TEXTUAL.contains(value.getClass())) {
            named('T', value.getClass().getName(), value.toString());
        } else if (value instanceof Locale locale) {
            locale(locale);
        } else {
            return false;
        }
        return true;
    }

    /** By its parts: the text of a locale without language and country is empty, whatever else it has. */
    private void locale(Locale locale) {
        out.write('L');
        text(locale.getLanguage());
        text(locale.getScript());
        text(locale.getCountry());
        text(locale.getVariant());
        text(locale.toLanguageTag()); // For the extensions.
    }

    private void composed(String place, Object value, int depth) {
        if (value instanceof List<?> list) {
            sequence(place, Arrays.asList(list.toArray()), depth); // A copy: its size cannot change on the way.
        } else if (value.getClass().isArray()) {
            List<@Nullable Object> elements = new ArrayList<>();
            for (int i = 0; i < Array.getLength(value); i++) {
                elements.add(Array.get(value, i));
            }
            sequence(place, elements, depth);
        } else if (value instanceof Set<?> set) {
            List<byte[]> members = new ArrayList<>();
            set.forEach(member -> members.add(encode(place + "[]", member, depth + 1)));
            sorted('<', members);
        } else if (value instanceof Map<?, ?> map) {
            List<byte[]> entries = new ArrayList<>();
            map.forEach((key, mapped) -> entries.add(entry(place, key, mapped, depth)));
            sorted('{', entries);
        } else if (value instanceof Optional<?> optional) {
            out.write(optional.isPresent() ? 'o' : 'O');
            optional.ifPresent(content -> value(place, content, depth + 1));
        } else if (value instanceof Record record) {
            fields(place, record, depth);
        } else {
            throw refused(place, value);
        }
    }

    private void sequence(String place, List<?> elements, int depth) {
        out.write('[');
        int32(elements.size());
        int index = 0;
        for (Object element : elements) {
            value(place + "[" + index++ + "]", element, depth + 1);
        }
    }

    private static byte[] entry(String place, @Nullable Object key, @Nullable Object mapped, int depth) {
        CanonicalBytes entry = new CanonicalBytes(place);
        entry.value(place + ".key", key, depth + 1);
        entry.value(place + (key instanceof String name ? "." + name : "[]"), mapped, depth + 1);
        return entry.toByteArray();
    }

    private void sorted(char tag, List<byte[]> parts) {
        parts.sort(Arrays::compareUnsigned);
        out.write(tag);
        int32(parts.size());
        parts.forEach(this::append);
    }

    private void fields(String place, Record record, int depth) {
        RecordComponent[] components = record.getClass().getRecordComponents();
        out.write('r');
        text(record.getClass().getName());
        int32(components.length);
        for (RecordComponent component : components) {
            String at = place + "." + component.getName();
            value(at, read(at, record, component), depth + 1);
        }
    }

    private static @Nullable Object read(String place, Record record, RecordComponent component) {
        Method accessor = component.getAccessor();
        if (!accessor.canAccess(record) && !accessor.trySetAccessible()) {
            throw new IllegalArgumentException("parameter '" + place + "' cannot be read: open the package of "
                    + record.getClass().getName() + " to module dev.holdfast.cache");
        }
        try {
            return accessor.invoke(record);
        } catch (IllegalAccessException | InvocationTargetException e) {
            throw new IllegalArgumentException("parameter '" + place + "' cannot be read: its accessor failed", e);
        }
    }

    private static IllegalArgumentException refused(String place, Object value) {
        String remedy = value instanceof Iterable<?>
                ? "copy it into a List or a Set, so that it is decided whether its order matters"
                : "pass what identifies it: numbers, texts, times, lists, maps or a record of them";
        return new IllegalArgumentException("parameter '" + place + "' is a "
                + value.getClass().getName() + ", which has no stable encoding: " + remedy);
    }

    private void named(char tag, String type, String text) {
        out.write(tag);
        text(type);
        text(text);
    }

    private void sized(byte[] bytes) {
        int32(bytes.length);
        append(bytes);
    }

    private void int16(int number) {
        out.write(number >>> 8);
        out.write(number);
    }

    private void int32(int number) {
        int16(number >>> 16);
        int16(number);
    }

    private void int64(long number) {
        int32((int) (number >>> 32));
        int32((int) number);
    }
}
