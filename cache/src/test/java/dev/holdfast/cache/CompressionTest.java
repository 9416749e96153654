package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.cache.zstd.ZstdCompression;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompressionTest extends SharedRedis {
    private static final String LARGE = "a value that repeats itself; ".repeat(1_000);

    private static Compression of(int id) {
        return id == 1 ? Compression.deflate() : ZstdCompression.create();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void bytes_compressedAndBack_areTheSame_andDamageIsNoticed(int id) throws Exception {
        Compression compression = of(id);
        Random random = new Random(id);
        for (int size : new int[] {0, 1, 63, 1_000, 100_000}) {
            byte[] bytes = new byte[size];
            random.nextBytes(bytes);
            byte[] small = compression.compress(bytes);
            byte[] framed = new byte[small.length + 7];
            System.arraycopy(small, 0, framed, 3, small.length);
            assertThat(compression.decompress(framed, 3, small.length, size)).isEqualTo(bytes);
            assertThatThrownBy(() -> compression.decompress(small, 0, small.length, size + 1))
                    .hasMessageContaining("bytes it says");
            if (size > 1) {
                assertThatThrownBy(() -> compression.decompress(small, 0, small.length, size - 1))
                        .hasMessageContaining("bytes it says");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void largeValue_isSmallInRedis_andReadByAnotherNode(int id) {
        try (Node a = node(builder -> builder.compression(of(id), 1_024));
                Node b = node(builder -> builder.compression(of(id), 1_024))) {
            a.cache.put(1L, LARGE);
            assertThat(redis.command("STRLEN", "hf:fleet:v1:{1}").number()).isLessThan(LARGE.length() / 10);
            assertThat(b.get(1)).isEqualTo(LARGE);
            a.cache.put(2L, "short");
            assertThat(b.get(2)).isEqualTo("short");
        }
    }

    @Test
    void valueOfANodeWithAnotherCompression_isAMissAndNoError() {
        try (Node a = node(builder -> builder.compression(ZstdCompression.create(), 1_024));
                Node b = node(builder -> builder);
                Node c = node(builder -> builder.compression(Compression.deflate(), 1_024))) {
            a.cache.put(1L, LARGE);
            assertThat(b.get(1)).isEqualTo("k1 v0");
            assertThat(b.cache.stats().undecodable()).isEqualTo(1);
            await().until(
                            () -> { // once it has heard of the put, which is newer than what it loaded before
                                b.get(1);
                                return b.cache.stats().fills() == 1;
                            });
            c.cache.put(2L, LARGE);
            assertThat(a.get(2)).as("deflate is always understood").isEqualTo(LARGE);
        }
    }

    @Test
    void valueThatSaysItIsHuge_isAMissAndTakesNoMemory() {
        try (Node a = node(builder -> builder.compression(Compression.deflate(), 1_024));
                Node b = node(builder -> builder.maximumValueSize(10_000))) {
            a.cache.put(1L, LARGE);
            assertThat(b.get(1)).isEqualTo("k1 v0");
            assertThat(b.cache.stats().undecodable()).isEqualTo(1);
            assertThatThrownBy(() -> b.cache.put(2L, LARGE))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("maximumValueSize 10000");
        }
    }
}
