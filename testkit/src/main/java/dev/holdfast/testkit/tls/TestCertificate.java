package dev.holdfast.testkit.tls;

import java.nio.file.Path;

/**
 * A certificate and its private key as PEM files, as Redis, PostgreSQL and MariaDB read them.
 *
 * @param certificateFile the certificate, PEM
 * @param keyFile the private key, PKCS #8 in PEM, readable by its owner only
 */
public record TestCertificate(Path certificateFile, Path keyFile) {}
