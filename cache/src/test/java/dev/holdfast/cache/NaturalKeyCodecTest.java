package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NaturalKeyCodecTest {
    static List<Object> keys() {
        return List.of("", "a b", Long.MIN_VALUE, 7, new UUID(1, 2), TimeUnit.DAYS);
    }

    @ParameterizedTest
    @MethodSource("keys")
    void decode_ofWhatWasEncoded_givesTheKeyBack(Object key) {
        KeyCodec<Object> codec = KeyCodec.natural();
        assertThat(codec.decode(codec.encode(key))).isEqualTo(key);
    }

    @Test
    void encode_keyOfAnotherType_isRefusedSinceItsTextWouldCollide() {
        KeyCodec<Object> codec = KeyCodec.natural();
        codec.encode(1L);
        assertThatThrownBy(() -> codec.encode("1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("java.lang.String")
                .hasMessageContaining("java.lang.Long")
                .hasMessageContaining("keyCodec");
    }

    @Test
    void encode_typeWithoutNaturalText_namesTheRemedy() {
        KeyCodec<Object> codec = KeyCodec.natural();
        assertThatThrownBy(() -> codec.encode(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("keyCodec");
    }

    @Test
    void escape_codecThatDoesNotLeadBack_isACodecException() {
        KeyNames<String> names = new KeyNames<>("c", new KeyCodec<>() {
            @Override
            public String encode(String key) {
                return key.toLowerCase(java.util.Locale.ROOT);
            }

            @Override
            public String decode(String text) {
                return text;
            }
        });
        assertThat(names.escape("a")).isEqualTo("a");
        assertThatThrownBy(() -> names.escape("A"))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("back");
    }

    @Test
    void escape_keyOfAMegabyte_isRefused() {
        KeyNames<String> names = new KeyNames<>("c", KeyCodec.natural());
        assertThatThrownBy(() -> names.escape("x".repeat(1 << 20)))
                .isInstanceOf(CodecException.class)
                .hasMessageContaining("4096");
    }
}
