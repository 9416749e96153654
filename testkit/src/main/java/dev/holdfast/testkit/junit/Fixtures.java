package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.locks.ReentrantLock;

/** All kinds of servers that there are, and the shared ones that were started; one instance per JVM. */
final class Fixtures implements ServerFixture.Shared {

    static final Fixtures INSTANCE = new Fixtures();

    /** Guards both maps, and is held while a shared server starts: others want the same one. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Class<?>, ServerFixture<?>> fixtures = new HashMap<>();

    /** A server, or the exception by which its start failed: it would fail for the next test as well. */
    private final Map<Class<?>, Object> shared = new HashMap<>();

    private Fixtures() {
        for (ServerFixture<?> fixture : ServiceLoader.load(ServerFixture.class, Fixtures.class.getClassLoader())) {
            fixtures.put(fixture.type(), fixture);
        }
    }

    Optional<ServerFixture<?>> find(Class<?> type) {
        lock.lock();
        try {
            return Optional.ofNullable(fixtures.get(type));
        } finally {
            lock.unlock();
        }
    }

    @Override
    public <S extends AutoCloseable> S get(Class<S> type) {
        ServerFixture<?> fixture = find(type)
                .orElseThrow(() -> new ServerException("no fixture for " + type.getName() + " is registered"));
        return type.cast(shared(fixture, false));
    }

    /** The shared server, as it is or as good as new. */
    Object shared(ServerFixture<?> fixture, boolean reset) {
        lock.lock();
        try {
            Object server = shared.get(fixture.type());
            if (server instanceof RuntimeException failure) {
                throw new ServerException("the shared " + fixture.type().getSimpleName() + " did not start", failure);
            }
            if (server == null) {
                server = startShared(fixture);
            } else if (reset) {
                reset(fixture, server);
            }
            return server;
        } finally {
            lock.unlock();
        }
    }

    private Object startShared(ServerFixture<?> fixture) {
        try {
            Object server = fixture.start(this);
            shared.put(fixture.type(), server);
            return server;
        } catch (RuntimeException e) {
            shared.put(fixture.type(), e);
            throw e;
        }
    }

    private static <T extends AutoCloseable> void reset(ServerFixture<T> fixture, Object server) {
        fixture.reset(fixture.type().cast(server));
    }
}
