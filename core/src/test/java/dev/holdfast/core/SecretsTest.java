package dev.holdfast.core;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SecretsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "redis://app:s3cret@host:6379/0 | redis://app:***@host:6379/0",
                "rediss://:s3cret@host | rediss://:***@host",
                "connect to redis://a:s3cret@h1, then redis://b:s3cret@h2 |"
                        + " connect to redis://a:***@h1, then redis://b:***@h2",
                "postgres://u:s3c%40ret@h/db?sslmode=require | postgres://u:***@h/db?sslmode=require",
                "jdbc:postgresql://h/db?user=u&password=s3cret&ssl=true |"
                        + " jdbc:postgresql://h/db?user=u&password=***&ssl=true",
                "Password: s3cret | Password: ***",
                "ERR AUTH app s3cret | ERR AUTH ***",
                "DB_PASSWORD=s3cret | DB_PASSWORD=***",
                "{\"password\":\"s3cret\"} | {\"password\":***}",
                "{\"password\" : \"s3cret and more\", \"a\": 1} | {\"password\" : ***, \"a\": 1}",
                "accessToken=s3cret | accessToken=***",
                "redis://:ab/s3cret=@host:6379/0 | redis://:***@host:6379/0",
                "redis://:s3cret:more@host | redis://:***@host"
            })
    void mask_knownPlaces_hidesTheSecretAndNothingElse(String text, String masked) {
        assertThat(Secrets.mask(text)).isEqualTo(masked);
    }

    @ParameterizedTest
    @ValueSource(strings = {"password='s3cret'", "password=\"s3cret\""})
    void mask_quotedValues_hidesThem(String text) {
        assertThat(Secrets.mask(text)).isEqualTo("password=***");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://host:6379/0",
                "http://host:8080/users/a@example.com",
                "redis://h1:1,h2:2 a@b",
                "3 of 4 connections",
                "key 'user:1@example.com' missing"
            })
    void mask_textWithoutSecrets_staysAsItIs(String text) {
        assertThat(Secrets.mask(text)).isEqualTo(text);
    }

    @Test
    void mask_aKnownSecret_hidesItWhereverItStands() {
        assertThat(Secrets.mask("it said s3cret twice: s3cret", "s3cret")).isEqualTo("it said *** twice: ***");
    }

    @Test
    void mask_aPasswordWithAnAtSign_hidesAllOfIt() {
        assertThat(Secrets.mask("redis://app:p@ss@host:6379"))
                .doesNotContain("ss@")
                .contains("host:6379");
    }
}
