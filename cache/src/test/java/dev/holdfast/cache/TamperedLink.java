package dev.holdfast.cache;

import dev.holdfast.core.Problem;
import dev.holdfast.core.health.HealthProbe;
import dev.holdfast.core.redis.LinkListener;
import dev.holdfast.core.redis.LinkState;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisMode;
import dev.holdfast.core.redis.RedisOperation;
import dev.holdfast.core.redis.Registration;
import dev.holdfast.core.redis.SubscriptionListener;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A link that changes what the cache says to Redis or hears from it, so that production code needs no switch for it. Scripts
 * are told apart by how many keys and arguments they have.
 */
abstract class TamperedLink implements RedisLink {
    private static final int FILL_KEYS = 2;

    final RedisLink link;

    TamperedLink(RedisLink link) {
        this.link = link;
    }

    /** One command on its way. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record Command(RedisClusterAsyncCommands<byte[], byte[]> commands, Method method, Object[] arguments) {
        boolean script() {
            return method.getName().startsWith("eval") && arguments.length == 4 && arguments[2] instanceof byte[][];
        }

        byte[][] keys() {
            return script() ? (byte[][]) arguments[2] : new byte[0][];
        }

        byte[][] values() {
            return script() ? (byte[][]) arguments[3] : new byte[0][];
        }

        Command withValues(byte[][] values) {
            Object[] changed = arguments.clone();
            changed[3] = values;
            return new Command(commands, method, changed);
        }

        boolean fills() {
            return keys().length == FILL_KEYS;
        }

        Object send() throws Throwable {
            try {
                return method.invoke(commands, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }

        /** Sends it, and has every value that it reads changed: given the name and the bytes. */
        Object sendAndChangeValues(BinaryOperator<byte[]> change) throws Throwable {
            Object result = send();
            if (method.getName().equals("get")) {
                return then(result, bytes -> change.apply((byte[]) arguments[0], (byte[]) bytes));
            }
            return method.getName().equals("mget") ? then(result, values -> changed(values, change)) : result;
        }

        @SuppressWarnings("unchecked") // What MGET answers.
        private static Object changed(Object values, BinaryOperator<byte[]> change) {
            List<Object> changed = new ArrayList<>();
            for (KeyValue<byte[], byte[]> each : (List<KeyValue<byte[], byte[]>>) values) {
                changed.add(
                        each.hasValue()
                                ? KeyValue.just(each.getKey(), change.apply(each.getKey(), each.getValue()))
                                : each);
            }
            return changed;
        }
    }

    /** Sends a command, or something like it. */
    abstract Object send(Command command) throws Throwable;

    @Override
    public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
        return link.call(deadline, commands -> operation.send(tampered(commands)));
    }

    @Override
    public <T> CompletableFuture<T> callAsync(Duration deadline, RedisOperation<T> operation) {
        return link.callAsync(deadline, commands -> operation.send(tampered(commands)));
    }

    @SuppressWarnings("unchecked") // The proxy passes on what the real commands take and give.
    private RedisClusterAsyncCommands<byte[], byte[]> tampered(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return (RedisClusterAsyncCommands<byte[], byte[]>) Proxy.newProxyInstance(
                TamperedLink.class.getClassLoader(),
                new Class<?>[] {RedisClusterAsyncCommands.class},
                (proxy, method, arguments) ->
                        send(new Command(commands, method, arguments == null ? new Object[0] : arguments)));
    }

    /** The key in the name of its value. */
    static String key(byte[] name) {
        String text = new String(name, StandardCharsets.ISO_8859_1);
        return text.substring(text.indexOf('{') + 1, text.length() - 1);
    }

    static Object then(Object result, UnaryOperator<Object> change) {
        Changed changed = new Changed();
        var unused = ((CompletionStage<?>) result).whenComplete((value, failure) -> {
            if (failure == null) {
                changed.complete(value == null ? null : change.apply(value));
            } else {
                changed.completeExceptionally(failure);
            }
        });
        return changed;
    }

    /** An answer that was tampered with. */
    private static final class Changed extends CompletableFuture<@Nullable Object>
            implements RedisFuture<@Nullable Object> {
        @Override
        public String getError() {
            return "";
        }

        @Override
        public boolean await(long timeout, TimeUnit unit) {
            throw new UnsupportedOperationException("nobody waits here");
        }
    }

    @Override
    public Registration subscribe(byte[] channel, SubscriptionListener listener) {
        return link.subscribe(channel, listener);
    }

    @Override
    public RedisMode mode() {
        return link.mode();
    }

    @Override
    public LinkState state() {
        return link.state();
    }

    @Override
    public long generation() {
        return link.generation();
    }

    @Override
    public Optional<Problem> refusal() {
        return link.refusal();
    }

    @Override
    public Duration commandTimeout() {
        return link.commandTimeout();
    }

    @Override
    public boolean awaitUp(Duration timeout) {
        return link.awaitUp(timeout);
    }

    @Override
    public Registration addListener(LinkListener listener) {
        return link.addListener(listener);
    }

    @Override
    public HealthProbe healthProbe() {
        return link.healthProbe();
    }

    @Override
    public MeterBinder metrics() {
        return link.metrics();
    }

    @Override
    public void close() {
        link.close();
    }
}
