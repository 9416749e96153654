package dev.holdfast.testkit.mariadb;

import static dev.holdfast.testkit.sql.Sql.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.UnsupportedServerException;
import java.sql.SQLException;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("fault")
class ExternalMariaDbTest {

    private final String before = System.getProperty(ServerSource.PROPERTY, "");

    @AfterEach
    void restore() {
        System.setProperty(ServerSource.PROPERTY, before);
        System.clearProperty(MariaDbSources.URL);
    }

    @Test
    void single_isUsed_notBroken_andLeftRunning() throws SQLException {
        try (MariaDbServer theirs = EmbeddedMariaDb.start(Map.of())) {
            System.setProperty(ServerSource.PROPERTY, "external");
            System.setProperty(MariaDbSources.URL, theirs.url());
            String name;
            try (MariaDbServer server = MariaDbServers.single();
                    MariaDbDatabase database = server.createDatabase("mine")) {
                name = database.name();
                assertThat(server.port()).isEqualTo(theirs.port());
                assertThatThrownBy(server::kill).isInstanceOf(UnsupportedServerException.class);
                assertThatThrownBy(() -> MariaDbServer.builder()
                                .setting("max-connections", "9")
                                .start())
                        .isInstanceOf(UnsupportedServerException.class);
            }
            assertThat(theirs.isRunning()).isTrue();
            assertThat(query(theirs, "SHOW DATABASES LIKE '" + name + "'")).isNull();
        }
    }
}
