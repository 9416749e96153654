package dev.holdfast.cache;

import com.github.benmanes.caffeine.cache.Cache;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.Registration;
import dev.holdfast.core.redis.SubscriptionListener;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** A link that breaks one of the cache's protections. */
final class Sabotage extends TamperedLink {
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

    private static final int READ_ARGUMENTS = 5;
    private static final int MINT_ARGUMENTS = 7;

    private final Broken broken;

    Sabotage(RedisLink link, Broken broken) {
        super(link);
        this.broken = broken;
    }

    static UnaryOperator<RedisLink> of(Broken broken) {
        return link -> new Sabotage(link, broken);
    }

    @Override
    Object send(Command command) throws Throwable {
        boolean log = command.keys().length == 1;
        int arguments = command.values().length;
        return switch (broken) {
            case LEASE -> {
                if (command.fills()) {
                    var unused = command.commands().set(command.keys()[1], command.values()[0]);
                }
                yield command.send();
            }
            case BORN -> command.sendAndChangeValues(Sabotage::reborn);
            case GAP_REPAIR ->
                log && arguments == READ_ARGUMENTS
                        ? then(command.send(), reply -> new ArrayList<>(((List<?>) reply).subList(0, 7)))
                        : command.send();
            case FLOOR ->
                !log || arguments < READ_ARGUMENTS
                        ? command.send()
                        : then(command.send(), reply -> with((List<?>) reply, arguments >= MINT_ARGUMENTS ? 3 : 2));
        };
    }

    /** A reply whose floor is 0. */
    private static List<Object> with(List<?> reply, int floor) {
        List<Object> changed = new ArrayList<>(reply);
        changed.set(floor, new byte[] {'0'});
        return changed;
    }

    private static byte[] reborn(byte[] name, byte[] bytes) {
        Envelope envelope = Envelope.parse(bytes, key(name));
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
}
