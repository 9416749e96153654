package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.UnsupportedServerException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.locks.ReentrantLock;

/** All kinds of servers that there are, and the shared ones that were started; one instance per JVM. */
final class Fixtures implements ServerFixture.Shared {

    static final Fixtures INSTANCE = new Fixtures(registered());

    /** Guards both maps, and is held while a shared server starts: others want the same one. */
    private final ReentrantLock lock = new ReentrantLock();

    private final Map<Class<?>, ServerFixture<?>> fixtures = new HashMap<>();

    /** A server, or the exception by which its start failed: it would fail for the next test as well. */
    private final Map<Class<?>, Object> shared = new HashMap<>();

    Fixtures(Iterable<ServerFixture<?>> known) {
        known.forEach(fixture -> fixtures.put(fixture.type(), fixture));
    }

    private static List<ServerFixture<?>> registered() {
        List<ServerFixture<?>> found = new ArrayList<>();
        ServiceLoader.load(ServerFixture.class, Fixtures.class.getClassLoader()).forEach(found::add);
        return found;
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
        } catch (UnsupportedServerException e) {
            throw e;
        } catch (RuntimeException e) {
            // A start that a test's timeout has cut off says nothing about the next one.
            if (!Thread.currentThread().isInterrupted()) {
                shared.put(fixture.type(), e);
            }
            throw e;
        }
    }

    private static <T extends AutoCloseable> void reset(ServerFixture<T> fixture, Object server) {
        fixture.reset(fixture.type().cast(server));
    }
}
