package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisPrimary;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Walks through the values of a cache on each primary and deletes those that no node can use any more.
 *
 * <p>What is filled while it looks may be deleted with what it replaced, which costs a load and nothing else.
 */
final class Purge {
    private static final int PAGE = 100;

    private final String cache;
    private final RedisLink link;
    private final Tier2 tier2;
    private final KeyLayout layout;
    private final Barriers barriers;

    Purge(String cache, RedisLink link, Tier2 tier2, KeyLayout layout, Barriers barriers) {
        this.cache = cache;
        this.link = link;
        this.tier2 = tier2;
        this.layout = layout;
        this.barriers = barriers;
    }

    /**
     * Looks at that many values per second at most, on one primary after the other; returns how many it deleted. A primary
     * that fails is left for those after it, and told at the end.
     */
    long run(int keysPerSecond) {
        Round round = new Round(keysPerSecond);
        List<String> unfinished = new ArrayList<>();
        RedisException first = null;
        for (RedisPrimary primary : link.primaries()) {
            if (Thread.currentThread().isInterrupted()) {
                break;
            }
            try {
                round.walk(primary);
            } catch (RedisException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                unfinished.add(primary.name());
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new RedisException(
                    "cache '" + cache + "': purge deleted " + round.deleted + " values, but did not get to the end on "
                            + String.join(", ", unfinished)
                            + ": purge again when Redis answers there, or let the rest expire",
                    true,
                    first);
        }
        return round.deleted;
    }

    /** One purge, whose pace and count go on from server to server. */
    private final class Round {
        private final int keysPerSecond;
        private final long begun = System.nanoTime();
        private long seen;
        private long deleted;

        Round(int keysPerSecond) {
            this.keysPerSecond = keysPerSecond;
        }

        void walk(RedisPrimary primary) {
            ScanArgs args =
                    ScanArgs.Builder.limit(Math.min(PAGE, keysPerSecond)).match(layout.valuePattern());
            ScanCursor cursor = ScanCursor.INITIAL;
            do {
                ScanCursor from = cursor;
                KeyScanCursor<byte[]> page =
                        Objects.requireNonNull(primary.call(tier2.patience(), commands -> commands.scan(from, args)));
                deleted += purge(page.getKeys());
                seen += page.getKeys().size();
                cursor = page;
                long due = begun + TimeUnit.SECONDS.toNanos(seen) / keysPerSecond;
                while (System.nanoTime() - due < 0 && !Thread.currentThread().isInterrupted()) {
                    LockSupport.parkNanos(this, due - System.nanoTime());
                }
            } while (!cursor.isFinished() && !Thread.currentThread().isInterrupted());
        }
    }

    /** Through the link, which follows slots that move between the look at a name and the look at its value. */
    private long purge(List<byte[]> names) {
        if (names.isEmpty()) {
            return 0;
        }
        List<KeyValue<byte[], byte[]>> values = Objects.requireNonNull(
                link.call(tier2.patience(), commands -> commands.mget(names.toArray(new byte[0][]))));
        List<byte[]> useless = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (values.get(i).hasValue() && useless(names.get(i), values.get(i).getValue())) {
                useless.add(names.get(i));
            }
        }
        if (useless.isEmpty()) {
            return 0;
        }
        Long count = link.call(tier2.patience(), commands -> commands.unlink(useless.toArray(new byte[0][])));
        return count == null ? 0 : count;
    }

    private boolean useless(byte[] name, byte[] bytes) {
        String escaped = layout.keyOf(new String(name, StandardCharsets.ISO_8859_1));
        @Nullable Envelope envelope = Envelope.parse(bytes, escaped);
        return envelope != null && !barriers.valid(escaped, envelope.tags(), envelope.born());
    }
}
