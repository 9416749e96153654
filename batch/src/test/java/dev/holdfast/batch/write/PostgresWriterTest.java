package dev.holdfast.batch.write;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

@Servers
class PostgresWriterTest extends WriterContract {
    private static DataSource source;

    @BeforeAll
    static void connect(PostgresDatabase database) {
        source = database.dataSource();
    }

    @Override
    DataSource source() {
        return source;
    }

    @Override
    String looseText() {
        return "char(20)";
    }

    @Override
    List<String> sameTexts() {
        return List.of("red", "red ");
    }
}
