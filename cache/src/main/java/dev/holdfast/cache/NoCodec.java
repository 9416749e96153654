package dev.holdfast.cache;

/** Stands in where there is no tier 2, so nothing is ever encoded. */
final class NoCodec<V> implements Codec<V> {
    private final String cache;

    NoCodec(String cache) {
        this.cache = cache;
    }

    @Override
    public byte[] encode(V value) {
        throw new IllegalStateException("cache '" + cache + "' has no codec");
    }

    @Override
    public V decode(byte[] bytes) {
        throw new IllegalStateException("cache '" + cache + "' has no codec");
    }

    @Override
    public int id() {
        return 0;
    }
}
