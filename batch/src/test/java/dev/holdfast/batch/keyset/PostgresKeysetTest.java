package dev.holdfast.batch.keyset;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

@Servers
class PostgresKeysetTest extends KeysetContract {
    private static DataSource source;

    @BeforeAll
    static void connect(PostgresDatabase database) {
        source = database.dataSource();
    }

    @Override
    DataSource source() {
        return source;
    }
}
