package dev.holdfast.testkit.container;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.ServerSource;

/**
 * Says whether containers can be had at all. Refers to no class of Testcontainers, unlike {@link ContainerServer}, which
 * cannot even be loaded without it.
 */
public final class ContainerEngine {

    private ContainerEngine() {}

    /**
     * Does nothing if Testcontainers is on the class path.
     *
     * @throws ServerException if it is not; the message names the remedy
     */
    public static void require() {
        try {
            Class.forName(
                    "org.testcontainers.containers.GenericContainer", false, ContainerEngine.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new ServerException(
                    ServerSource.PROPERTY + "=" + ServerSource.CONTAINERS
                            + " needs Testcontainers on the class path: add"
                            + " org.testcontainers:testcontainers with scope test, or choose another source",
                    e);
        }
    }
}
