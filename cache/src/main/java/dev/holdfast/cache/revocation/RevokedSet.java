package dev.holdfast.cache.revocation;

import dev.holdfast.cache.Codec;
import io.lettuce.core.ScoredValue;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * What is revoked in one bucket, packed: three longs each (high, low, millis), sorted by the first two. Immutable.
 *
 * <p>An empty set is an answer too, and the common one.
 */
final class RevokedSet {
    static final long ABSENT = Long.MIN_VALUE;
    static final RevokedSet EMPTY = new RevokedSet(new long[0]);
    static final Codec<RevokedSet> CODEC = new PackedCodec();

    private static final int LONGS = 3;
    private static final int BYTES = LONGS * Long.BYTES;

    private final long[] packed;

    private RevokedSet(long[] packed) {
        this.packed = packed;
    }

    /** From a sorted set of Redis: 16 bytes of fingerprint, scored with milliseconds. */
    static RevokedSet of(List<ScoredValue<byte[]>> members) {
        if (members.isEmpty()) {
            return EMPTY;
        }
        long[][] rows = members.stream()
                .filter(member -> member.getValue().length == Fingerprint.BYTES) // Nobody else writes there; still.
                .map(member -> {
                    ByteBuffer bytes = ByteBuffer.wrap(member.getValue());
                    return new long[] {bytes.getLong(), bytes.getLong(), (long) member.getScore()};
                })
                .sorted((a, b) -> compare(a[0], a[1], b[0], b[1]))
                .toArray(long[][]::new);
        return new RevokedSet(Arrays.stream(rows).flatMapToLong(Arrays::stream).toArray());
    }

    /** The milliseconds of a fingerprint, or {@link #ABSENT}. */
    long find(Fingerprint fingerprint) {
        int from = 0;
        int to = packed.length / LONGS - 1;
        while (from <= to) {
            int middle = (from + to) >>> 1;
            int at = middle * LONGS;
            int order = compare(packed[at], packed[at + 1], fingerprint.high(), fingerprint.low());
            if (order == 0) {
                return packed[at + 2];
            } else if (order < 0) {
                from = middle + 1;
            } else {
                to = middle - 1;
            }
        }
        return ABSENT;
    }

    /** Bytes of memory, roughly, with what the cache adds to an entry. */
    int weight() {
        return 256 + packed.length * Long.BYTES;
    }

    private static int compare(long highA, long lowA, long highB, long lowB) {
        int order = Long.compare(highA, highB);
        return order != 0 ? order : Long.compare(lowA, lowB);
    }

    private static final class PackedCodec implements Codec<RevokedSet> {
        @Override
        public byte[] encode(RevokedSet value) {
            ByteBuffer bytes = ByteBuffer.allocate(value.packed.length * Long.BYTES);
            bytes.asLongBuffer().put(value.packed);
            return bytes.array();
        }

        @Override
        public RevokedSet decode(byte[] bytes) {
            if (bytes.length % BYTES != 0) {
                throw new IllegalArgumentException(bytes.length + " bytes are not a multiple of " + BYTES);
            }
            long[] packed = new long[bytes.length / Long.BYTES];
            ByteBuffer.wrap(bytes).asLongBuffer().get(packed);
            return packed.length == 0 ? EMPTY : new RevokedSet(packed);
        }

        @Override
        public int id() {
            return 16;
        }
    }
}
