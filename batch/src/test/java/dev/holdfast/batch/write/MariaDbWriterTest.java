package dev.holdfast.batch.write;

import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.mariadb.MariaDbDatabase;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeAll;

@Servers
class MariaDbWriterTest extends WriterContract {
    private static DataSource source;

    @BeforeAll
    static void connect(MariaDbDatabase database) {
        source = database.dataSource();
    }

    @Override
    DataSource source() {
        return source;
    }

    @Override
    String looseText() {
        return "varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci";
    }

    @Override
    List<String> sameTexts() {
        return List.of("red", "RED");
    }

    @Override
    String bigText() {
        return "longtext";
    }
}
