package dev.holdfast.batch.keyset;

import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class H2KeysetTest extends KeysetContract {
    private static final JdbcDataSource SOURCE = new JdbcDataSource();

    static {
        SOURCE.setURL("jdbc:h2:mem:keyset;DB_CLOSE_DELAY=-1");
    }

    @Override
    DataSource source() {
        return SOURCE;
    }
}
