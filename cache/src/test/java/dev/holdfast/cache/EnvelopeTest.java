package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class EnvelopeTest {
    private static final Envelope SAMPLE =
            new Envelope(1, 65_535, (1L << 52) + 1, 2, 3, 4, "brand:%7B7%7D", new byte[] {1, 2, 3});

    @Property(tries = 1_000)
    void parse_whatWasWritten_givesItBack(
            @ForAll long born, @ForAll long hard, @ForAll @IntRange(max = 65_535) int codec, @ForAll byte[] payload) {
        Envelope envelope = new Envelope(0, codec, born, hard - 1, hard, 17, "k", payload);
        Envelope parsed = Envelope.parse(envelope.toBytes(), "k");
        assertThat(parsed).usingRecursiveComparison().isEqualTo(envelope);
    }

    @Example
    void parse_anyFlippedBit_isRefused() {
        byte[] bytes = SAMPLE.toBytes();
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(Envelope.parse(damaged, SAMPLE.key())).as("bit %d", bit).isNull();
        }
    }

    @Example
    void parse_anyPrefix_isRefused() {
        byte[] bytes = SAMPLE.toBytes();
        for (int length = 0; length < bytes.length; length++) {
            assertThat(Envelope.parse(Arrays.copyOf(bytes, length), SAMPLE.key()))
                    .as("%d bytes", length)
                    .isNull();
        }
    }

    @Example
    void parse_underAnotherKey_isRefused() {
        assertThat(Envelope.parse(SAMPLE.toBytes(), "brand:%7B8%7D")).isNull();
        assertThat(Envelope.parse(SAMPLE.toBytes(), "brand")).isNull();
        assertThat(Envelope.parse(SAMPLE.toBytes(), SAMPLE.key())).isNotNull();
    }

    @Example
    void born_inTheBytes_isWhereTheFillScriptLooks() {
        assertThat(ByteBuffer.wrap(SAMPLE.toBytes()).getLong(Envelope.BORN_OFFSET))
                .isEqualTo(SAMPLE.born());
    }
}
