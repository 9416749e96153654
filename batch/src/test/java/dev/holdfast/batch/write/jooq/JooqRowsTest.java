package dev.holdfast.batch.write.jooq;

import static dev.holdfast.batch.Sql.execute;
import static dev.holdfast.batch.Sql.rows;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import org.h2.jdbcx.JdbcDataSource;
import org.jooq.Converter;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.TableField;
import org.jooq.UniqueKey;
import org.jooq.impl.CustomTable;
import org.jooq.impl.DSL;
import org.jooq.impl.Internal;
import org.jooq.impl.SQLDataType;
import org.jooq.impl.TableRecordImpl;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JooqRowsTest {
    enum Color {
        RED,
        BLUE
    }

    /** As a generator would write it. */
    static final class Paint extends CustomTable<PaintRecord> {
        static final Paint PAINT = new Paint();
        final TableField<PaintRecord, Integer> id = createField(DSL.name("ID"), SQLDataType.INTEGER.notNull());
        final TableField<PaintRecord, Color> color = createField(
                DSL.name("COLOR"),
                SQLDataType.VARCHAR(10)
                        .asConvertedDataType(Converter.ofNullable(
                                String.class,
                                Color.class,
                                text -> Color.valueOf(text.toUpperCase(Locale.ROOT)),
                                color -> color.name().toLowerCase(Locale.ROOT))));
        final UniqueKey<PaintRecord> key = Internal.createUniqueKey(this, id);

        private Paint() {
            super(DSL.name("PAINT"));
        }

        @Override
        public Class<PaintRecord> getRecordType() {
            return PaintRecord.class;
        }

        @Override
        public UniqueKey<PaintRecord> getPrimaryKey() {
            return key;
        }
    }

    static final class PaintRecord extends TableRecordImpl<PaintRecord> {
        private static final long serialVersionUID = 1L;

        PaintRecord() {
            super(Paint.PAINT);
        }

        static PaintRecord of(int id, Color color) {
            PaintRecord row = new PaintRecord();
            row.set(Paint.PAINT.id, id);
            row.set(Paint.PAINT.color, color);
            return row;
        }
    }

    private final JdbcDataSource source = new JdbcDataSource();

    @BeforeEach
    void createTable() throws SQLException {
        source.setURL("jdbc:h2:mem:jooq;DB_CLOSE_DELAY=-1");
        execute(source, "DROP ALL OBJECTS", "CREATE TABLE paint (id int PRIMARY KEY, color varchar(10))");
    }

    @Test
    void records_areWrittenByTheirFields_throughTheirConverters() throws SQLException {
        JooqRows.insert(Paint.PAINT)
                .build(source)
                .write(List.of(PaintRecord.of(1, Color.RED), PaintRecord.of(2, null), PaintRecord.of(3, Color.RED)))
                .orThrow();
        JooqRows.update(Paint.PAINT, Paint.PAINT.color)
                .build(source)
                .write(List.of(PaintRecord.of(2, Color.BLUE)))
                .orThrow();
        JooqRows.upsert(Paint.PAINT, Paint.PAINT.color)
                .build(source)
                .write(List.of(PaintRecord.of(3, null), PaintRecord.of(4, Color.BLUE)))
                .orThrow();
        JooqRows.delete(Paint.PAINT)
                .build(source)
                .write(List.of(PaintRecord.of(1, null)))
                .orThrow();
        assertThat(rows(source, "SELECT * FROM paint ORDER BY id")).containsExactly("2|blue", "3|null", "4|blue");
        assertThat(DSL.using(source, SQLDialect.H2).fetchCount(Paint.PAINT)).isEqualTo(3);
    }

    @Test
    void tablesWithoutAKey_areRefused() {
        org.jooq.Table<Record> plain = DSL.table(DSL.name("odd", "na\"me"));
        assertThatThrownBy(() -> JooqRows.delete(plain))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no primary key");
        assertThat(JooqRows.name(plain)).isEqualTo("\"odd\".\"na\"\"me\"");
    }
}
