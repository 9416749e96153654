package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisMode;
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
 * Walks through the values of a cache in Redis and deletes those that no node can use any more.
 *
 * <p>What is filled while it looks may be deleted with what it replaced, which costs a load and nothing else.
 */
final class Purge {
    private static final int PAGE = 100;

    private final RedisLink link;
    private final Tier2 tier2;
    private final KeyLayout layout;
    private final Barriers barriers;

    Purge(RedisLink link, Tier2 tier2, KeyLayout layout, Barriers barriers) {
        this.link = link;
        this.tier2 = tier2;
        this.layout = layout;
        this.barriers = barriers;
    }

    /** Looks at that many values per second at most; returns how many it deleted. */
    long run(int keysPerSecond) {
        if (link.mode() == RedisMode.CLUSTER) {
            throw new UnsupportedOperationException(
                    "purge: values of a cluster cannot be listed through a RedisLink: let them expire");
        }
        long deleted = 0;
        long seen = 0;
        long begun = System.nanoTime();
        ScanArgs args = ScanArgs.Builder.limit(Math.min(PAGE, keysPerSecond)).match(layout.valuePattern());
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            ScanCursor from = cursor;
            KeyScanCursor<byte[]> page =
                    Objects.requireNonNull(link.call(tier2.patience(), commands -> commands.scan(from, args)));
            deleted += purge(page.getKeys());
            seen += page.getKeys().size();
            cursor = page;
            long due = begun + TimeUnit.SECONDS.toNanos(seen) / keysPerSecond;
            while (System.nanoTime() - due < 0 && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(this, due - System.nanoTime());
            }
        } while (!cursor.isFinished() && !Thread.currentThread().isInterrupted());
        return deleted;
    }

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
