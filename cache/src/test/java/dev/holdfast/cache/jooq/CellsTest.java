package dev.holdfast.cache.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.multiset;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.table;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresServer;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jooq.Converter;
import org.jooq.DSLContext;
import org.jooq.DataType;
import org.jooq.EnumType;
import org.jooq.Field;
import org.jooq.JSON;
import org.jooq.JSONB;
import org.jooq.Record;
import org.jooq.Result;
import org.jooq.ResultQuery;
import org.jooq.SQLDialect;
import org.jooq.Select;
import org.jooq.XML;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jooq.types.DayToSecond;
import org.jooq.types.UByte;
import org.jooq.types.UInteger;
import org.jooq.types.ULong;
import org.jooq.types.UShort;
import org.jooq.types.YearToMonth;
import org.jooq.types.YearToSecond;
import org.junit.jupiter.api.Test;

/** Every value comes back from the cache as PostgreSQL gave it: class, scale, precision, offset, nulls. */
@Servers
class CellsTest {
    enum Mood implements EnumType {
        SAD("sad"),
        HAPPY("so happy");

        private final String literal;

        Mood(String literal) {
            this.literal = literal;
        }

        @Override
        public String getLiteral() {
            return literal;
        }

        @Override
        public String getName() {
            return "mood";
        }
    }

    record Money(BigDecimal amount) {}

    private static <R extends Record> void assertSame(ResultQuery<R> query) throws IOException {
        Result<R> fetched = query.fetch();
        CachedRows rows = RowsCodec.INSTANCE.decode(RowsCodec.INSTANCE.encode(CachedRows.of(Set.of("t"), fetched)));
        List<? extends Field<?>> fields =
                query instanceof Select<?> select ? select.getSelect() : List.of(query.fields());
        Result<R> restored = rows.toResult(query.configuration(), fields, query.getRecordType());
        assertThat(restored).hasSize(fetched.size()).isNotEmpty();
        for (int r = 0; r < fetched.size(); r++) {
            for (int c = 0; c < fetched.fields().length; c++) {
                Object expected = fetched.get(r).get(c);
                Object actual = restored.get(r).get(c);
                String column = fetched.field(c).getName();
                if (expected == null) {
                    assertThat(actual).as(column).isNull();
                } else {
                    assertThat(actual).as(column).isEqualTo(expected).hasSameClassAs(expected);
                }
                assertThat(restored.field(c).getName()).isEqualTo(column);
            }
        }
    }

    private static <T> Field<T> column(String name, DataType<T> type) {
        return field(name(name), type);
    }

    private static Field<?>[] columns() {
        DataType<Mood> mood = SQLDataType.VARCHAR.asEnumDataType(Mood.class);
        return new Field<?>[] {
            column("n", SQLDataType.NUMERIC),
            column("i2", SQLDataType.SMALLINT),
            column("i4", SQLDataType.INTEGER),
            column("i8", SQLDataType.BIGINT),
            column("f4", SQLDataType.REAL),
            column("f8", SQLDataType.DOUBLE),
            column("b", SQLDataType.BOOLEAN),
            column("t", SQLDataType.CLOB),
            column("bin", SQLDataType.BLOB),
            column("u", SQLDataType.UUID),
            column("d", SQLDataType.LOCALDATE),
            column("tm", SQLDataType.LOCALTIME),
            column("tmz", SQLDataType.OFFSETTIME),
            column("ts", SQLDataType.LOCALDATETIME),
            column("tsz", SQLDataType.OFFSETDATETIME),
            column("tsz", SQLDataType.INSTANT),
            column("ts", SQLDataType.TIMESTAMP),
            column("d", SQLDataType.DATE),
            column("tm", SQLDataType.TIME),
            column("j", SQLDataType.JSON),
            column("jb", SQLDataType.JSONB),
            column("ints", SQLDataType.INTEGER.array()),
            column("texts", SQLDataType.CLOB.array()),
            column("uuids", SQLDataType.UUID.array()),
            column("nums", SQLDataType.NUMERIC.array()),
            column("iv", SQLDataType.INTERVAL),
            column("m", mood),
            column("ms", mood.array()),
            column(
                    "n",
                    SQLDataType.NUMERIC.asConvertedDataType(
                            Converter.ofNullable(BigDecimal.class, Money.class, Money::new, Money::amount))),
            column(
                    "i4",
                    SQLDataType.INTEGER.asConvertedDataType(
                            Converter.ofNullable(Integer.class, String.class, Object::toString, Integer::valueOf))),
        };
    }

    @Test
    void everyTypeOfPostgres_comesBackAsItWas(PostgresServer postgres) throws IOException {
        DSLContext db = DSL.using(postgres.dataSource(), SQLDialect.POSTGRES);
        db.execute("""
                create type mood as enum ('sad', 'so happy');
                create table v (id int, n numeric, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, b boolean,
                    t text, bin bytea, u uuid, d date, tm time, tmz timetz, ts timestamp, tsz timestamptz, j json, jb jsonb,
                    ints int[], texts text[], uuids uuid[], nums numeric[], iv interval, m mood, ms mood[]);
                insert into v values
                (1, 1234567890.12300, -7, 42, 9007199254740993, 1.1, 'NaN', true, E'a\\n''ü€😀', '\\x00ff10',
                    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-02-29', '23:59:59.999999', '12:30:00.5+05:30',
                    '2024-10-27 02:30:00.123456', '2024-03-31 01:30:00.000001+02', '{"b": 1, "a":  [1]}', '{"b":1,"a":[null]}',
                    '{1,null,3}', '{a,"b,c",null}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{1.50,2}',
                    '1 year 2 mons 3 days 04:05:06.7', 'so happy', '{sad,NULL,"so happy"}'),
                (2, -0.00, -32768, 0, -1, '-Infinity', -0.0, false, '', '', null, '0001-01-01', '00:00', null,
                    '1970-01-01 00:00', '1883-11-18 12:03:58-05', 'null', '""', '{}', '{}', '{}', '{}', '0', 'sad', '{}'),
                (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
                    null, null, null, null, null, null, null);
                """);
        assertSame(db.select(columns()).from(table(name("v"))).orderBy(field(name("id"))));
    }

    @Test
    void columnsThatOnlyTheDatabaseKnows_comeBackAsItNamedThem(PostgresServer postgres) throws IOException {
        DSLContext db = DSL.using(postgres.dataSource(), SQLDialect.POSTGRES);
        assertSame(db.resultQuery("select 1 as a, 'x'::text as b, 1.50::numeric as c, now() as d, null::int as e,"
                + " '{1,2}'::int[] as f, true as g, '\\x01'::bytea as h, gen_random_uuid() as i, '{}'::jsonb as j"));
        assertSame(db.select().from(table(name("pg_catalog", "pg_class"))).limit(5));
    }

    @Test
    void nestedResults_comeBack(PostgresServer postgres) throws IOException {
        DSLContext db = DSL.using(postgres.dataSource(), SQLDialect.POSTGRES);
        db.execute("create table parent (id int); create table child (parent int, n numeric, t timestamptz);"
                + "insert into parent values (1), (2); insert into child values (1, 1.50, now()), (1, null, null)");
        Field<Integer> id = field(name("id"), Integer.class);
        assertSame(db.select(
                        id,
                        multiset(select(
                                                field(name("n"), SQLDataType.NUMERIC),
                                                field(name("t"), SQLDataType.OFFSETDATETIME))
                                        .from(table(name("child")))
                                        .where(field(name("parent"), Integer.class)
                                                .eq(id)))
                                .as("children"))
                .from(table(name("parent")))
                .orderBy(id));
    }

    @Test
    void everyClass_survivesTheCodec() throws IOException {
        Object[] values = {
            "text",
            true,
            false,
            (byte) -1,
            Short.MIN_VALUE,
            Integer.MAX_VALUE,
            Long.MIN_VALUE,
            new BigInteger("-123456789012345678901"),
            new BigDecimal("1E+5"),
            new BigDecimal("0.000"),
            Float.NaN,
            -0.0,
            UUID.randomUUID(),
            LocalDate.MAX,
            LocalDate.MIN,
            LocalTime.MAX,
            LocalDateTime.MIN,
            OffsetTime.MAX,
            OffsetDateTime.MAX,
            OffsetDateTime.MIN,
            Instant.MAX,
            Instant.MIN,
            Year.of(5),
            Date.valueOf("2024-02-29"),
            new Time(Time.valueOf("01:02:03").getTime() + 45),
            Timestamp.valueOf("2024-10-27 02:30:00.123456789"),
            JSON.valueOf("{}"),
            JSONB.valueOf("[1]"),
            XML.valueOf("<a/>"),
            UByte.valueOf(255),
            UShort.valueOf(65_535),
            UInteger.valueOf(4_294_967_295L),
            ULong.valueOf("18446744073709551615"),
            new YearToMonth(1, 2).neg(),
            new DayToSecond(1, 2, 3, 4, 5).neg(),
            new YearToSecond(new YearToMonth(1, 2), new DayToSecond(3, 4, 5, 6, 7)),
            new Integer[][] {{1, null}, {}},
            new byte[][] {{1}, null},
            new byte[] {}
        };
        for (Object value : values) {
            Field<Object> field = field(name("x"), Object.class);
            Result<Record> result = DSL.using(SQLDialect.DEFAULT).newResult(new Field<?>[] {field});
            Record row = DSL.using(SQLDialect.DEFAULT).newRecord(new Field<?>[] {field});
            row.set(field, value);
            result.add(row);
            CachedRows rows = RowsCodec.INSTANCE.decode(RowsCodec.INSTANCE.encode(CachedRows.of(Set.of(), result)));
            Object restored = rows.toResult(DSL.using(SQLDialect.DEFAULT).configuration(), List.of(field), Record.class)
                    .get(0)
                    .get(0);
            assertThat(restored).isEqualTo(value).hasSameClassAs(value);
        }
    }

    @Test
    void corruptBytes_areRefused_andAllocateNothingLarge() throws IOException {
        Result<?> result = DSL.using(SQLDialect.DEFAULT).newResult(field(name("x"), String.class));
        byte[] good = RowsCodec.INSTANCE.encode(CachedRows.of(Set.of("a"), result));
        List<byte[]> bad = new ArrayList<>();
        for (int length = 0; length < good.length; length++) {
            bad.add(Arrays.copyOf(good, length));
        }
        bad.add(Arrays.copyOf(good, good.length + 1));
        byte[] huge = good.clone();
        huge[0] = 0x7f;
        bad.add(huge);
        assertThat(bad)
                .allSatisfy(bytes -> assertThatThrownBy(() -> RowsCodec.INSTANCE.decode(bytes))
                        .isInstanceOf(IOException.class));
    }

    @Test
    void typeThatCannotBeKept_isNamedWithItsColumn() {
        Field<Object> field = field(name("x"), Object.class);
        Result<Record> result = DSL.using(SQLDialect.DEFAULT).newResult(new Field<?>[] {field});
        Record row = DSL.using(SQLDialect.DEFAULT).newRecord(new Field<?>[] {field});
        row.set(field, new Thread(() -> {}));
        result.add(row);
        assertThatThrownBy(() -> CachedRows.of(Set.of(), result))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("column \"x\"")
                .hasMessageContaining("java.lang.Thread");
    }
}
