package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Cache;
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
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A link that breaks one of the cache's protections, between the cache and Redis, so that production code needs no switch
 * for it. Scripts are told apart by how many keys and arguments they have.
 */
final class Sabotage implements RedisLink {
    /** A protection, and what becomes of it. */
    enum Broken {
        /** A fill finds its lease whatever became of it. */
        LEASE,
        /** What tier 2 holds seems to be born just now. */
        BORN,
        /** A reading of the log brings no barriers. */
        GAP_REPAIR,
        /** A new epoch, or a state that went back, raises no floor. */
        FLOOR
    }

    private static final int FILL_KEYS = 2;
    private static final int READ_ARGUMENTS = 5;
    private static final int MINT_ARGUMENTS = 7;

    private final RedisLink link;
    private final Broken broken;

    Sabotage(RedisLink link, Broken broken) {
        this.link = link;
        this.broken = broken;
    }

    static UnaryOperator<RedisLink> of(Broken broken) {
        return link -> new Sabotage(link, broken);
    }

    @Override
    public <T> @Nullable T call(Duration deadline, RedisOperation<T> operation) {
        return link.call(deadline, commands -> operation.send(broken(commands)));
    }

    @Override
    public <T> CompletableFuture<T> callAsync(Duration deadline, RedisOperation<T> operation) {
        return link.callAsync(deadline, commands -> operation.send(broken(commands)));
    }

    @SuppressWarnings("unchecked")
    private RedisClusterAsyncCommands<byte[], byte[]> broken(RedisClusterAsyncCommands<byte[], byte[]> commands) {
        return (RedisClusterAsyncCommands<byte[], byte[]>) Proxy.newProxyInstance(
                Sabotage.class.getClassLoader(),
                new Class<?>[] {RedisClusterAsyncCommands.class},
                (proxy, method, args) -> run(commands, method, args == null ? new Object[0] : args));
    }

    private @Nullable Object run(RedisClusterAsyncCommands<byte[], byte[]> commands, Method method, Object[] args)
            throws Throwable {
        boolean script = method.getName().startsWith("eval") && args.length == 4 && args[2] instanceof byte[][];
        byte[][] keys = script ? (byte[][]) args[2] : new byte[0][];
        byte[][] values = script ? (byte[][]) args[3] : new byte[0][];
        if (broken == Broken.LEASE && keys.length == FILL_KEYS) {
            var unused = commands.set(keys[1], values[0]);
        }
        Object result;
        try {
            result = method.invoke(commands, args);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
        if (broken == Broken.BORN && method.getName().equals("get")) {
            return then(result, bytes -> reborn((byte[]) args[0], (byte[]) bytes));
        }
        if (broken == Broken.BORN && method.getName().equals("mget")) {
            return then(result, Sabotage::reborn);
        }
        if (broken == Broken.GAP_REPAIR && keys.length == 1 && values.length == READ_ARGUMENTS) {
            return then(result, reply -> new ArrayList<>(((List<?>) reply).subList(0, 6)));
        }
        if (broken == Broken.FLOOR && keys.length == 1 && values.length == READ_ARGUMENTS) {
            return then(result, reply -> with((List<?>) reply, 2));
        }
        if (broken == Broken.FLOOR && keys.length == 1 && values.length >= MINT_ARGUMENTS) {
            return then(result, reply -> with((List<?>) reply, 3));
        }
        return result;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // It is the answer, and whoever called looks at it.
    private static Object then(Object result, UnaryOperator<Object> change) {
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

    /** A reply whose floor is 0. */
    private static List<Object> with(List<?> reply, int floor) {
        List<Object> changed = new ArrayList<>(reply);
        changed.set(floor, new byte[] {'0'});
        return changed;
    }

    @SuppressWarnings("unchecked")
    private static Object reborn(Object values) {
        List<Object> changed = new ArrayList<>();
        for (KeyValue<byte[], byte[]> each : (List<KeyValue<byte[], byte[]>>) values) {
            changed.add(each.hasValue() ? KeyValue.just(each.getKey(), reborn(each.getKey(), each.getValue())) : each);
        }
        return changed;
    }

    private static byte[] reborn(byte[] name, byte[] bytes) {
        String text = new String(name, StandardCharsets.ISO_8859_1);
        Envelope envelope = Envelope.parse(bytes, text.substring(text.indexOf('{') + 1, text.length() - 1));
        return envelope == null ? bytes : envelope.born(1L << 52).toBytes();
    }

    @Override
    public Registration subscribe(byte[] channel, SubscriptionListener listener) {
        return link.subscribe(
                channel,
                broken != Broken.FLOOR
                        ? listener
                        : new SubscriptionListener() {
                            @Override
                            public void onSubscribed(long generation) {
                                listener.onSubscribed(generation);
                            }

                            @Override
                            public void onMessage(byte[] message) {
                                String text = new String(message, StandardCharsets.ISO_8859_1);
                                listener.onMessage(text.replace("!floor", "").getBytes(StandardCharsets.ISO_8859_1));
                            }
                        });
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

    /** Has this node forget its own invalidations. */
    static void forgetJournal(CoherentCache<?, ?> cache) {
        ((Map<?, ?>) field(field(cache, "journal"), "lines")).clear();
    }

    /** Has every entry of tier 1 pass for one that was looked at under the newest barriers. */
    static void trustTier1(CoherentCache<?, ?> cache) {
        int version = cache.coherence().barriers().version();
        Cache<?, ?> entries = (Cache<?, ?>) field(field(cache, "tier1"), "entries");
        entries.asMap().values().forEach(entry -> ((Entry<?>) entry).version = version);
    }

    private static Object field(Object of, String name) {
        try {
            Field field = of.getClass().getDeclaredField(name);
            field.setAccessible(true);
            return field.get(of);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the cache has no " + name + " to break any more", e);
        }
    }

    @Override
    public void close() {
        link.close();
    }
}
