package dev.holdfast.batch.keyset;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

@Servers
class MariaDbKeysetTest extends KeysetContract {
    private static DataSource source;

    @BeforeAll
    static void connect(MariaDbDatabase database) {
        source = database.dataSource();
    }

    @Override
    DataSource source() {
        return source;
    }
}
