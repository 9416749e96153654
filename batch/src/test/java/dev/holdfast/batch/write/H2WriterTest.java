package dev.holdfast.batch.write;

import java.util.List;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

class H2WriterTest extends WriterContract {
    private static final JdbcDataSource SOURCE = new JdbcDataSource();

    static {
        SOURCE.setURL("jdbc:h2:mem:writer;DB_CLOSE_DELAY=-1");
    }

    @Override
    DataSource source() {
        return SOURCE;
    }

    @Override
    String looseText() {
        return "varchar_ignorecase(20)";
    }

    @Override
    List<String> sameTexts() {
        return List.of("red", "RED");
    }
}
