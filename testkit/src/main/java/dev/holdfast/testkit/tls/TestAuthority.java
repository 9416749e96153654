package dev.holdfast.testkit.tls;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.process.ServerDirectory;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;

/**
 * A certificate authority that exists only in this test run and signs certificates for test servers.
 *
 * <p>A client that trusts {@link #certificateFile()} accepts the server; a client that trusts a second authority from
 * {@link #create()} is the test of the refusal. Keys are on the curve P-256; creating an authority takes milliseconds.
 * Immutable and thread-safe.
 */
public final class TestAuthority {

    private static final String ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
    private static final char[] TRUST_STORE_PASSWORD = "changeit".toCharArray();

    private final KeyPair keys;
    private final byte[] name;
    private final Path directory;
    private final Path certificateFile;
    private final Path trustStoreFile;
    private final X509Certificate certificate;
    private final AtomicInteger issued = new AtomicInteger();

    private TestAuthority() throws GeneralSecurityException, IOException {
        this.keys = newKeys();
        this.name = name("Holdfast test authority " + new BigInteger(32, new SecureRandom()).toString(16));
        this.directory = ServerDirectory.create("tls");
        Instant now = Instant.now();
        byte[] encoded = sign(
                name,
                keys,
                now.minus(Duration.ofDays(1)),
                now.plus(Duration.ofDays(2)),
                Der.sequence(
                        extension("2.5.29.19", true, Der.sequence(Der.bool(true))),
                        // keyCertSign and cRLSign: bits 5 and 6.
                        extension("2.5.29.15", true, Der.bitString(1, new byte[] {0x06}))));
        this.certificateFile = write("ca.crt", "CERTIFICATE", encoded);
        this.certificate = (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(encoded));
        this.trustStoreFile = directory.resolve("trust.p12");
        try (OutputStream out = Files.newOutputStream(trustStoreFile)) {
            trustStore().store(out, TRUST_STORE_PASSWORD);
        }
    }

    /**
     * Creates an authority that nobody trusts yet.
     *
     * @return a new one, different from every other
     */
    public static TestAuthority create() {
        try {
            return new TestAuthority();
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("cannot create a test certificate authority", e);
        }
    }

    /**
     * Issues a certificate for a server or a client, valid from yesterday until tomorrow.
     *
     * @param hosts the DNS names and IPv4 addresses it is for, at least one; for example {@code localhost, 127.0.0.1}
     * @return the certificate and its key
     */
    public TestCertificate issue(String... hosts) {
        Instant now = Instant.now();
        return issue(now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(1)), hosts);
    }

    /**
     * Issues a certificate with chosen dates, for example one that has expired.
     *
     * @param notBefore the beginning of its validity
     * @param notAfter the end of its validity
     * @param hosts the DNS names and IPv4 addresses it is for, at least one
     * @return the certificate and its key
     */
    public TestCertificate issue(Instant notBefore, Instant notAfter, String... hosts) {
        try {
            KeyPair subject = newKeys();
            byte[] encoded = sign(
                    name(hosts[0]),
                    subject,
                    notBefore,
                    notAfter,
                    Der.sequence(
                            extension("2.5.29.17", false, alternativeNames(hosts)),
                            // serverAuth and clientAuth.
                            extension(
                                    "2.5.29.37",
                                    false,
                                    Der.sequence(Der.oid("1.3.6.1.5.5.7.3.1"), Der.oid("1.3.6.1.5.5.7.3.2")))));
            int number = issued.incrementAndGet();
            return new TestCertificate(
                    write(number + ".crt", "CERTIFICATE", encoded),
                    write(number + ".key", "PRIVATE KEY", subject.getPrivate().getEncoded()));
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("cannot issue a certificate for " + String.join(", ", hosts), e);
        }
    }

    /**
     * Returns the authority's own certificate, for clients and servers that read PEM.
     *
     * @return the file
     */
    public Path certificateFile() {
        return certificateFile;
    }

    /**
     * Returns a trust store with the authority's certificate, for clients that read PKCS #12.
     *
     * @return the file; its password is {@link #trustStorePassword()}
     */
    public Path trustStoreFile() {
        return trustStoreFile;
    }

    /**
     * Returns the password of {@link #trustStoreFile()}.
     *
     * @return a copy
     */
    public char[] trustStorePassword() {
        return TRUST_STORE_PASSWORD.clone();
    }

    /**
     * Creates a context that trusts this authority and no other.
     *
     * @return the context, for clients
     */
    public SSLContext sslContext() {
        try {
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trustStore());
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new ServerException("cannot create a TLS context", e);
        }
    }

    /**
     * Creates a context that trusts everybody and every host name: for looking into a server whose certificate is wrong on
     * purpose, never for the client under test.
     *
     * @return the context, for clients
     */
    public static SSLContext uncheckedSslContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustEverybody()}, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new ServerException("cannot create a TLS context", e);
        }
    }

    private KeyStore trustStore() throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("authority", certificate);
        return store;
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    /** The certificate of RFC 5280, section 4.1, signed with the authority's key. */
    private byte[] sign(byte[] subject, KeyPair subjectKeys, Instant notBefore, Instant notAfter, byte[] extensions)
            throws GeneralSecurityException {
        byte[] algorithm = Der.sequence(Der.oid(ECDSA_WITH_SHA256));
        byte[] toBeSigned = Der.sequence(
                Der.explicit(0, Der.integer(BigInteger.TWO)),
                Der.integer(new BigInteger(64, new SecureRandom()).add(BigInteger.ONE)),
                algorithm,
                name,
                Der.sequence(Der.time(notBefore), Der.time(notAfter)),
                subject,
                subjectKeys.getPublic().getEncoded(),
                Der.explicit(3, extensions));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(keys.getPrivate());
        signature.update(toBeSigned);
        return Der.sequence(toBeSigned, algorithm, Der.bitString(0, signature.sign()));
    }

    private static byte[] name(String commonName) {
        return Der.sequence(Der.set(Der.sequence(Der.oid("2.5.4.3"), Der.utf8(commonName))));
    }

    private static byte[] extension(String oid, boolean critical, byte[] value) {
        return critical
                ? Der.sequence(Der.oid(oid), Der.bool(true), Der.octetString(value))
                : Der.sequence(Der.oid(oid), Der.octetString(value));
    }

    private static byte[] alternativeNames(String... hosts) throws IOException {
        List<byte[]> names = new ArrayList<>();
        for (String host : hosts) {
            if (host.matches("[0-9.]+")) {
                names.add(Der.tagged(0x87, InetAddress.getByName(host).getAddress()));
            } else {
                names.add(Der.tagged(0x82, host.getBytes(StandardCharsets.US_ASCII)));
            }
        }
        return Der.sequence(names.toArray(byte[][]::new));
    }

    private Path write(String file, String type, byte[] encoded) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded);
        Path path = Files.createFile(
                directory.resolve(file),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(path, "-----BEGIN " + type + "-----\n" + base64 + "\n-----END " + type + "-----\n");
    }
}
