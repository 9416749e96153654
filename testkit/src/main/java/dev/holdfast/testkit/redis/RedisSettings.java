package dev.holdfast.testkit.redis;

import dev.holdfast.testkit.tls.TestAuthority;
import dev.holdfast.testkit.tls.TestCertificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a Redis server is told in its configuration file, apart from where it lives. */
final class RedisSettings {

    /** An ACL user. */
    record User(String name, String password, String rules) {}

    /** The authority clients have to trust, and the certificate it issued for the server. */
    record Tls(TestAuthority authority, TestCertificate certificate) {

        /** The files where they are. */
        TlsFiles files() {
            return new TlsFiles(
                    authority.certificateFile().toString(),
                    certificate.certificateFile().toString(),
                    certificate.keyFile().toString());
        }
    }

    /** Where the server finds its files. */
    record TlsFiles(String authority, String certificate, String key) {}

    final @Nullable String password;
    final List<User> users;
    final @Nullable Tls tls;
    final boolean persistent;
    final List<List<String>> directives;

    RedisSettings(
            @Nullable String password,
            List<User> users,
            @Nullable Tls tls,
            boolean persistent,
            List<List<String>> directives) {
        this.password = password;
        this.users = List.copyOf(users);
        this.tls = tls;
        this.persistent = persistent;
        this.directives = List.copyOf(directives);
    }

    /** Whether this is a server like any other, so that one which exists already can take its place. */
    boolean isPlain() {
        return password == null && users.isEmpty() && tls == null && !persistent && directives.isEmpty();
    }

    /**
     * Writes the configuration file.
     *
     * @param bind the address to listen on
     * @param port the port to listen on, with or without TLS
     * @param directory where the server stores what it stores
     * @param files where it finds its certificate; null without TLS
     */
    String render(String bind, int port, String directory, @Nullable TlsFiles files) {
        List<List<String>> lines = new ArrayList<>();
        lines.add(List.of("bind", bind));
        lines.add(List.of("protected-mode", "no"));
        lines.add(List.of("daemonize", "no"));
        lines.add(List.of("dir", directory));
        if (files == null) {
            lines.add(List.of("port", Integer.toString(port)));
        } else {
            lines.add(List.of("port", "0"));
            lines.add(List.of("tls-port", Integer.toString(port)));
            lines.add(List.of("tls-auth-clients", "no"));
            lines.add(List.of("tls-ca-cert-file", files.authority()));
            lines.add(List.of("tls-cert-file", files.certificate()));
            lines.add(List.of("tls-key-file", files.key()));
        }
        lines.add(List.of("save", ""));
        lines.add(List.of("appendonly", persistent ? "yes" : "no"));
        lines.add(List.of("appendfsync", "always"));
        if (password != null) {
            lines.add(List.of("requirepass", password));
        }
        for (User user : users) {
            List<String> line = new ArrayList<>(List.of("user", user.name(), "on", ">" + user.password()));
            line.addAll(List.of(user.rules().strip().split("\\s+")));
            lines.add(line);
        }
        lines.addAll(directives);
        StringBuilder text = new StringBuilder();
        for (List<String> line : lines) {
            text.append(line.get(0));
            line.stream().skip(1).forEach(word -> text.append(' ').append(quote(word)));
            text.append('\n');
        }
        return text.toString();
    }

    /** As {@code sdssplitargs} of Redis reads it. */
    private static String quote(String word) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            switch (c) {
                case '"', '\\' -> quoted.append('\\').append(c);
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    /** A line of the configuration file. */
    static List<String> line(String name, String... values) {
        List<String> line = new ArrayList<>();
        line.add(require(name, "name"));
        line.addAll(Arrays.asList(values));
        return List.copyOf(line);
    }

    static String require(String value, String what) {
        if (Objects.requireNonNull(value, what).isBlank()) {
            throw new IllegalArgumentException(what + " must not be blank");
        }
        return value;
    }
}
