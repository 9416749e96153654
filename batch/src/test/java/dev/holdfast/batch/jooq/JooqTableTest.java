package dev.holdfast.batch.jooq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.table;

import dev.holdfast.batch.BatchContext;
import dev.holdfast.batch.BatchLoader;
import dev.holdfast.batch.BatchScope;
import dev.holdfast.batch.jdbc.CountedStatements;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.SQLDialect;
import org.jooq.Table;
import org.jooq.TableField;
import org.jooq.impl.CustomTable;
import org.jooq.impl.DSL;
import org.jooq.impl.SQLDataType;
import org.jooq.impl.TableRecordImpl;
import org.junit.jupiter.api.Test;

/** Loaders from jOOQ's tables, on real databases. */
@Servers
class JooqTableTest {
    private static final Field<Long> ID = field(name("users", "id"), SQLDataType.BIGINT);
    private static final Users USERS = new Users();

    record User(long id, String name) {}

    /** As jOOQ's generator would write it, as far as the tests need it. */
    public static final class UserRecord extends TableRecordImpl<UserRecord> {
        private static final long serialVersionUID = 1L;

        public UserRecord() {
            super(USERS);
        }
    }

    static final class Users extends CustomTable<UserRecord> {
        private static final long serialVersionUID = 1L;
        final TableField<UserRecord, Long> id = createField(name("id"), SQLDataType.BIGINT);
        final TableField<UserRecord, String> userName = createField(name("name"), SQLDataType.VARCHAR);
        final TableField<UserRecord, UUID> team = createField(name("team"), SQLDataType.UUID);

        Users() {
            super(name("users"));
        }

        @Override
        public Class<? extends UserRecord> getRecordType() {
            return UserRecord.class;
        }
    }

    private static final UUID TEAM = UUID.randomUUID();

    private static DSLContext fill(DataSource source, SQLDialect dialect) {
        DSLContext dsl = DSL.using(source, dialect);
        dsl.createTable(USERS)
                .column(USERS.id)
                .column(USERS.userName)
                .column(USERS.team)
                .primaryKey(USERS.id)
                .execute();
        dsl.insertInto(USERS, USERS.id, USERS.userName, USERS.team)
                .values(1L, "Ann", TEAM)
                .values(2L, "Bob", TEAM)
                .values(3L, "Cid", null)
                .execute();
        return dsl;
    }

    @Test
    void postgres_loadsRecords_withOneText(PostgresDatabase database) {
        CountedStatements counted = new CountedStatements(database.dataSource());
        DSLContext dsl = fill(counted.dataSource, SQLDialect.POSTGRES);
        counted.texts.clear();
        loadsRecords(dsl);
        BatchLoader<Long, UserRecord> users =
                JooqTable.of(dsl, USERS).key(USERS.id).one().build();
        assertThat(users.loadAll(LongStream.range(0, 100_000).boxed().toList())).hasSize(3);
        assertThat(new HashSet<>(counted.texts))
                .hasSize(4) // by id, by team with an order and without, and by an undeclared table
                .allMatch(text -> text.contains("= any ("));
    }

    @Test
    void mariaDb_loadsRecords(MariaDbDatabase database) {
        loadsRecords(fill(database.dataSource(), SQLDialect.MARIADB));
    }

    @Test
    void h2_loadsRecords() {
        JdbcDataSource source = new JdbcDataSource();
        source.setURL("jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1");
        loadsRecords(fill(source, SQLDialect.H2));
    }

    private static void loadsRecords(DSLContext dsl) {
        BatchLoader<Long, UserRecord> users =
                JooqTable.of(dsl, USERS).key(USERS.id).one().build();
        Map<Long, UserRecord> found = users.loadAll(List.of(1L, 2L, 9L));
        assertThat(found).containsOnlyKeys(1L, 2L);
        assertThat(found.get(2L).get(USERS.userName)).isEqualTo("Bob");
        BatchLoader<Long, User> mapped =
                JooqTable.of(dsl, USERS).key(USERS.id).one(User.class).build();
        assertThat(mapped.load(3L)).isEqualTo(new User(3, "Cid"));
        BatchLoader<UUID, List<User>> teams = JooqTable.of(dsl, USERS)
                .key(USERS.team)
                .orderBy(USERS.userName.desc())
                .many(User.class)
                .build();
        UUID none = UUID.randomUUID();
        assertThat(teams.loadAll(List.of(TEAM, none)))
                .isEqualTo(Map.of(TEAM, List.of(new User(2, "Bob"), new User(1, "Ann")), none, List.of()));
        BatchLoader<UUID, List<UserRecord>> records =
                JooqTable.of(dsl, USERS).key(USERS.team).many().build();
        assertThat(records.load(TEAM)).hasSize(2);
        Table<Record> undeclared = table(name("users"));
        assertThat(JooqTable.of(dsl, undeclared).key(ID).one(User.class).build().load(1L))
                .isEqualTo(new User(1, "Ann"));
    }

    @Test
    void transaction_isWhatItsScopeReads(PostgresDatabase database) throws SQLException {
        DSLContext dsl = fill(database.dataSource(), SQLDialect.POSTGRES);
        BatchLoader<Long, User> users =
                JooqTable.of(dsl, USERS).key(USERS.id).one(User.class).build();
        dsl.transaction(inside -> {
            inside.dsl()
                    .update(USERS)
                    .set(USERS.userName, "Zoe")
                    .where(USERS.id.eq(1L))
                    .execute();
            try (BatchScope scope = BatchScope.builder()
                    .context(BatchContext.of(DSLContext.class, inside.dsl()))
                    .onThisThread()
                    .open()) {
                assertThat(scope.mapAll(List.of(1L, 2L), users::load))
                        .containsExactly(new User(1, "Zoe"), new User(2, "Bob"));
            }
            assertThat(users.load(1L)).isEqualTo(new User(1, "Ann"));
        });
        try (Connection connection = database.connection()) {
            connection.setAutoCommit(false);
            connection.createStatement().execute("delete from users where id = 1");
            try (BatchScope scope = BatchScope.transaction(connection)) {
                assertThat(users.load(1L)).isNull();
                assertThat(scope.isClosed()).isFalse();
            }
        }
    }

    @Test
    void fieldOfAnotherTable_isRefused() {
        DSLContext dsl = DSL.using(SQLDialect.POSTGRES);
        assertThatThrownBy(() -> JooqTable.of(dsl, USERS).key(field(name("orders", "nr"), Long.class)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no field");
    }
}
