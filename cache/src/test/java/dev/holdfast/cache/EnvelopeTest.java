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
            envelope(1, 65_535, (1L << 52) + 1, 3, "brand:%7B7%7D", new byte[] {1, 2, 3});

    private static Envelope envelope(int flags, int codec, long born, long hard, String key, byte[] payload) {
        String[] tags = {"brand:7", "%7B"};
        return new Envelope(flags, codec, born, hard - 1, hard, 17, key, tags, payload, 0, payload.length);
    }

    @Property(tries = 1_000)
    void parse_whatWasWritten_givesItBack(
            @ForAll long born, @ForAll long hard, @ForAll @IntRange(max = 65_535) int codec, @ForAll byte[] payload) {
        Envelope envelope = envelope(0, codec, born, hard, "k", payload);
        Envelope parsed = Envelope.parse(envelope.toBytes(), "k");
        assertThat(parsed)
                .usingRecursiveComparison()
                .ignoringFields("bytes", "offset")
                .isEqualTo(envelope);
        assertThat(Arrays.copyOfRange(parsed.bytes(), parsed.offset(), parsed.offset() + parsed.length()))
                .isEqualTo(payload);
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

    @Example
    void parse_flagsOfANewerVersion_isRefused() {
        for (int bit = 4; bit < 8; bit++) {
            assertThat(Envelope.parse(
                            envelope(1 << bit, 1, 1, 3, "k", new byte[0]).toBytes(), "k"))
                    .as("bit %d", bit)
                    .isNull();
        }
    }
}
