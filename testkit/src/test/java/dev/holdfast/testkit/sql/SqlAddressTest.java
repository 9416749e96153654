package dev.holdfast.testkit.sql;

import static dev.holdfast.testkit.sql.SqlAddress.Kind.MARIADB;
import static dev.holdfast.testkit.sql.SqlAddress.Kind.POSTGRESQL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.UnsupportedServerException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlAddressTest {

    private static final String PROPERTY = "holdfast.test.url";

    @AfterEach
    void forget() {
        System.clearProperty(PROPERTY);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgres://app:p%40ss%2Bword@db.example:6432/shop",
                "postgresql://app:p%40ss+word@db.example:6432/shop?sslmode=disable",
                "jdbc:postgresql://db.example:6432/shop?user=app&password=p%40ss%2Bword"
            })
    void parse_readsTheUsualForms(String url) {
        assertThat(SqlAddress.parse(POSTGRESQL, url))
                .hasValue(new SqlAddress(POSTGRESQL, "db.example", 6432, "shop", "app", "p@ss+word"));
    }

    @Test
    void parse_knowsThePortsAndTheAbsentPassword() {
        assertThat(SqlAddress.parse(POSTGRESQL, "postgres://app@localhost/shop"))
                .hasValue(new SqlAddress(POSTGRESQL, "localhost", 5432, "shop", "app", ""));
        assertThat(SqlAddress.parse(MARIADB, "jdbc:mariadb://localhost/shop?user=app"))
                .hasValue(new SqlAddress(MARIADB, "localhost", 3306, "shop", "app", ""));
    }

    @Test
    void url_isReadBack() {
        SqlAddress address = new SqlAddress(MARIADB, "127.0.0.1", 3307, "shop", "a:b@c", "p/w?x#y +%");

        assertThat(SqlAddress.parse(MARIADB, address.url())).hasValue(address);
        assertThat(address.jdbcUrl()).isEqualTo("jdbc:mariadb://127.0.0.1:3307/shop");
        assertThat(address.toString()).doesNotContain("p%2Fw").startsWith("mysql://a%3Ab%40c@127.0.0.1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mysql://app:geheim@localhost/shop",
                "postgres://app:geheim@localhost",
                "postgres://localhost/shop?password=geheim",
                "postgres:geheim",
                "app:geheim@localhost/shop",
                "postgres://app:geh eim@localhost/shop"
            })
    void external_whichIsNoAddress_isRefusedWithoutItsPassword(String url) {
        System.setProperty(PROPERTY, url);

        assertThatThrownBy(() -> SqlAddress.external(POSTGRESQL, PROPERTY))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(PROPERTY + " must be like postgres://")
                .hasMessageNotContaining("geh");
    }

    @Test
    void external_whichIsNotSet_skips() {
        assertThatThrownBy(() -> SqlAddress.external(POSTGRESQL, PROPERTY))
                .isInstanceOf(UnsupportedServerException.class)
                .hasMessageContaining("HOLDFAST_TEST_URL");
    }
}
