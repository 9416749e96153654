package dev.holdfast.core.redis;

import dev.holdfast.core.Backoff;
import dev.holdfast.core.Problem;
import dev.holdfast.core.Problems;
import dev.holdfast.core.Profile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Judges a {@link RedisLinkBuilder} as a whole: what cannot work anywhere, and what is unsafe in production. */
final class SettingsCheck {
    private static final Duration SHORTEST = Duration.ofMillis(1);
    /** HELLO or AUTH, names of client and library, SELECT, PING and ROLE, some of them in one go. */
    private static final int HANDSHAKE = 8;

    private static final Duration LONGEST = Duration.ofDays(1);

    private final RedisLinkBuilder b;
    private final RedisUri uri;
    private final Problems fatal = Problems.of("RedisLink");
    private final Problems unsafe = Problems.of("RedisLink");

    SettingsCheck(RedisLinkBuilder builder) {
        this.b = builder;
        this.uri = RedisUri.parse(builder.uri);
    }

    /** The settings, if they can be used; otherwise throws everything that was found. */
    LinkSettings settings() {
        fatal.addAll(uri.problems());
        duration("connectTimeout", b.connectTimeout);
        duration("commandTimeout", b.commandTimeout);
        duration("reconnect.first", b.reconnectFirst);
        duration("reconnect.cap", b.reconnectCap);
        duration("refusalRetry", b.refusalRetry);
        duration("pingInterval", b.pingInterval);
        duration("topologyRefresh", b.topologyRefresh);
        fatal.require(
                b.reconnectCap.compareTo(b.reconnectFirst) >= 0,
                "redis.reconnect.cap",
                "reconnect.cap",
                b.reconnectCap,
                "shorter than the first delay " + b.reconnectFirst,
                "raise the cap or lower the first delay");
        fatal.require(
                b.requestQueueSize >= HANDSHAKE,
                "redis.requestQueueSize",
                "requestQueueSize",
                b.requestQueueSize,
                "fewer than the " + HANDSHAKE + " commands with which a connection begins",
                "use a bound such as 10000");
        atLeastOne("subscriptionBacklog", b.subscriptionBacklog);
        breaker();
        fatal.require(
                b.name.matches("[a-z0-9.-]+"),
                "redis.name",
                "name",
                b.name,
                "not a name for a probe and for metrics",
                "use lower-case letters, digits, dots and dashes");
        fatal.require(
                b.clientName.matches("[!-~]+"),
                "redis.clientName",
                "clientName",
                b.clientName,
                "empty, or holds blanks or characters that Redis does not take",
                "use printable ASCII without blanks");
        fatal.require(
                b.username == null || b.password != null || uri.password() != null,
                "redis.username",
                "username",
                String.valueOf(b.username),
                "a user without a password",
                "set the password too");
        fatal.require(
                b.sentinelPassword == null || uri.mode() == RedisMode.SENTINEL,
                "redis.sentinelCredentials",
                "sentinelCredentials",
                "",
                "there are no sentinels",
                "use a redis-sentinel:// URI or leave them away");
        tlsMaterial();
        if (b.profile == Profile.PRODUCTION) {
            production();
        }
        if (fatal.hasErrors()) {
            fatal.addAll(unsafe.list());
            fatal.orThrow();
        }
        unsafe.orThrow(b.profile);
        return build();
    }

    private void duration(String property, Duration value) {
        fatal.require(
                value.compareTo(SHORTEST) >= 0 && value.compareTo(LONGEST) <= 0,
                "redis." + property,
                property,
                value,
                "out of range PT0.001S..PT24H",
                "use a positive duration such as PT3S");
    }

    private void atLeastOne(String property, int value) {
        fatal.require(value >= 1, "redis." + property, property, value, "not positive", "use a bound such as 10000");
    }

    private void breaker() {
        atLeastOne("breaker.window", b.breakerWindow);
        fatal.require(
                b.breakerMinimumCalls >= 1 && b.breakerMinimumCalls <= Math.max(1, b.breakerWindow),
                "redis.breaker.minimumCalls",
                "breaker.minimumCalls",
                b.breakerMinimumCalls,
                "out of range 1..window " + b.breakerWindow,
                "lower it or widen the window");
        fatal.require(
                b.breakerFailureRate >= 1 && b.breakerFailureRate <= 100,
                "redis.breaker.failureRate",
                "breaker.failureRate",
                b.breakerFailureRate,
                "not a percentage 1..100",
                "use e.g. 50");
    }

    private void tlsMaterial() {
        boolean any = b.tlsAuthorities != null
                || b.tlsTrustStore != null
                || b.tlsCertificate != null
                || b.tlsVerification != TlsVerification.FULL;
        fatal.require(
                uri.tls() || !any || !uri.problems().isEmpty(),
                "redis.tls.plaintext",
                "tls",
                uri,
                "TLS settings for a plaintext URI",
                "use the rediss scheme or leave the TLS settings away");
        fatal.require(
                b.tlsAuthorities == null || b.tlsTrustStore == null,
                "redis.tls.trust",
                "tls",
                "",
                "two sources of trust, a PEM file and a trust store",
                "keep one");
        readable("tlsAuthorities", b.tlsAuthorities, SettingsCheck::certificates);
        char[] storePassword = b.tlsTrustStorePassword == null ? null : b.tlsTrustStorePassword.toCharArray();
        Path store = b.tlsTrustStore;
        readable("tlsTrustStore", store, in -> {
            KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
            keys.load(in, storePassword);
        });
        readable("tlsIdentity.certificate", b.tlsCertificate, SettingsCheck::certificates);
        readable("tlsIdentity.key", b.tlsKey, in -> {
            // What Netty takes; other headers stand for encrypted keys and older formats.
            if (!new String(in.readAllBytes(), StandardCharsets.ISO_8859_1).contains("-----BEGIN PRIVATE KEY-----")) {
                throw new GeneralSecurityException("no unencrypted PKCS#8 key in it");
            }
        });
    }

    private static void certificates(InputStream in) throws GeneralSecurityException {
        if (CertificateFactory.getInstance("X.509").generateCertificates(in).isEmpty()) {
            throw new GeneralSecurityException("no certificate in it");
        }
    }

    private interface Reader {
        void read(InputStream in) throws IOException, GeneralSecurityException;
    }

    private void readable(String property, @Nullable Path file, Reader reader) {
        if (file == null) {
            return;
        }
        try (InputStream in = Files.newInputStream(file)) {
            reader.read(in);
        } catch (IOException | GeneralSecurityException e) {
            fatal.add(Problem.error(
                    "redis.tls.file",
                    property,
                    file,
                    "cannot be read: " + e.getClass().getSimpleName() + " " + e.getMessage(),
                    "point to a readable file in the right format, with the right password"));
        }
    }

    private void production() {
        for (HostPort host : uri.hosts()) {
            if (host.isLoopback()) {
                unsafe(Problem.error(
                        "redis.production.localhost",
                        "uri",
                        host,
                        "Redis on this machine in production",
                        "name the shared server, or accept this problem beside a local proxy"));
            }
        }
        if (uri.tls() && b.tlsVerification == TlsVerification.NONE) {
            unsafe(Problem.error(
                    "redis.production.tls",
                    "tlsVerification",
                    b.tlsVerification,
                    "any certificate is trusted in production",
                    "trust the server's authority by tlsAuthorities(…)"));
        }
        if (uri.password() == null && b.password == null) {
            unsafe(Problem.warning(
                    "redis.production.password",
                    "uri",
                    uri,
                    "no password in production",
                    "give Redis a user and password, and name them"));
        }
        if (!uri.tls() && uri.hosts().stream().anyMatch(h -> !h.isLoopback())) {
            unsafe(Problem.warning(
                    "redis.production.plaintext",
                    "uri",
                    uri,
                    "password and data travel in plaintext",
                    "use the rediss scheme unless the network is trusted"));
        }
    }

    private void unsafe(Problem problem) {
        if (!b.accepted.contains(problem.code())) {
            unsafe.add(problem);
        }
    }

    private LinkSettings build() {
        String fromUri = uri.password();
        Supplier<String> password = b.password != null ? b.password : fromUri == null ? null : () -> fromUri;
        LinkSecrets secrets = new LinkSecrets(password, b.sentinelPassword);
        if (fromUri != null) {
            secrets.remember(fromUri);
        }
        if (uri.rawPassword() != null) {
            secrets.remember(uri.rawPassword());
        }
        if (b.tlsTrustStorePassword != null) {
            secrets.remember(b.tlsTrustStorePassword);
        }
        LinkSettings.Tls tls = uri.tls()
                ? new LinkSettings.Tls(
                        b.tlsVerification,
                        b.tlsAuthorities,
                        b.tlsTrustStore,
                        b.tlsTrustStorePassword,
                        b.tlsCertificate,
                        b.tlsKey)
                : null;
        return new LinkSettings(
                b.name,
                uri,
                secrets,
                b.username != null ? b.username : uri.username(),
                tls,
                b.sentinelUsername,
                b.connectTimeout,
                b.commandTimeout,
                Backoff.exponential(b.reconnectFirst, b.reconnectCap),
                b.refusalRetry,
                b.pingInterval,
                b.requestQueueSize,
                b.subscriptionBacklog,
                b.topologyRefresh,
                new LinkSettings.Breaker(b.breakerWindow, b.breakerMinimumCalls, b.breakerFailureRate),
                b.addressMapper,
                b.clientName,
                b.profile,
                b.serverCheck,
                b.serverCheckInterval);
    }
}
