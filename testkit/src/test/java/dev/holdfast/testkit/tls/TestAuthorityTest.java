package dev.holdfast.testkit.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.file.Files;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class TestAuthorityTest {

    private final TestAuthority authority = TestAuthority.create();

    @Test
    void certificate_isSignedByItsAuthority_andForItsHosts() throws Exception {
        X509Certificate certificate = read(authority.issue("localhost", "127.0.0.1"));

        try (InputStream file = Files.newInputStream(authority.certificateFile())) {
            certificate.verify(CertificateFactory.getInstance("X.509")
                    .generateCertificate(file)
                    .getPublicKey());
        }
        assertThat(certificate.getSubjectAlternativeNames())
                .extracting(name -> String.valueOf(name.get(1)))
                .containsExactly("localhost", "127.0.0.1");
    }

    @Test
    void dates_areThoseThatWereChosen_beyond2049Too() throws Exception {
        Instant from = Instant.parse("2049-12-31T23:59:59Z");
        Instant until = Instant.parse("2061-01-02T03:04:05Z");

        X509Certificate certificate = read(authority.issue(from, until, "localhost"));

        assertThat(certificate.getNotBefore()).isEqualTo(from);
        assertThat(certificate.getNotAfter()).isEqualTo(until);
    }

    private static X509Certificate read(TestCertificate certificate) throws Exception {
        try (InputStream file = Files.newInputStream(certificate.certificateFile())) {
            return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(file);
        }
    }
}
