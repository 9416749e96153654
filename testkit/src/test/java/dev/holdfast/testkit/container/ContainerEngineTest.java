package dev.holdfast.testkit.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.ServerSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerEngineTest {

    private String before;

    @BeforeEach
    void chooseContainers() {
        before = System.setProperty(ServerSource.PROPERTY, "containers");
    }

    @AfterEach
    void restore() {
        if (before == null) {
            System.clearProperty(ServerSource.PROPERTY);
        } else {
            System.setProperty(ServerSource.PROPERTY, before);
        }
    }

    @Test
    void require_withTestcontainers_isSilent() {
        ContainerEngine.require();

        assertThat(ContainerServer.builder("any", 1)).isNotNull();
    }

    @ParameterizedTest
    @CsvSource({"redis.RedisServers, standalone", "postgres.PostgresServers, single", "mariadb.MariaDbServers, single"})
    void serverInAContainer_withoutTestcontainers_isAnErrorThatSaysWhatToAdd(String servers, String start)
            throws ReflectiveOperationException {
        var method = new WithoutTestcontainers()
                .loadClass("dev.holdfast.testkit." + servers)
                .getMethod(start);

        assertThatThrownBy(() -> method.invoke(null))
                .isInstanceOf(InvocationTargetException.class)
                .rootCause()
                .isInstanceOf(ClassNotFoundException.class);
        assertThatThrownBy(() -> method.invoke(null))
                .cause()
                .hasMessage("holdfast.servers=containers needs Testcontainers on the class path: add"
                        + " org.testcontainers:testcontainers with scope test, or choose another source");
    }

    /** Classes of the testkit anew, for which there is no Testcontainers. */
    private static final class WithoutTestcontainers extends ClassLoader {

        WithoutTestcontainers() {
            super(ContainerEngineTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith("org.testcontainers.") || name.startsWith("com.github.dockerjava.")) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("dev.holdfast.testkit.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
                if (in == null) {
                    throw new ClassNotFoundException(name);
                }
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
