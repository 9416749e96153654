package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The codecs of both generations of Jackson share one format. */
class JsonCodecsTest {
    record Product(long id, String name, List<String> sizes) {}

    private static final Product LAMP = new Product(42, "lamp ✓", List.of("S", "M"));

    @Test
    void bothGenerations_readEachOther_andThemselves() throws Exception {
        List<Codec<Product>> codecs = List.of(
                dev.holdfast.cache.jackson.JsonCodec.of(Product.class),
                dev.holdfast.cache.jackson3.JsonCodec.of(Product.class));
        for (Codec<Product> writer : codecs) {
            for (Codec<Product> reader : codecs) {
                assertThat(reader.id()).isEqualTo(writer.id());
                assertThat(reader.decode(writer.encode(LAMP))).isEqualTo(LAMP);
            }
        }
    }

    @Test
    void genericTypes_comeBackAsTheyAre() throws Exception {
        Codec<Map<String, List<Product>>> codec =
                dev.holdfast.cache.jackson3.JsonCodec.of(new tools.jackson.core.type.TypeReference<>() {});
        Map<String, List<Product>> value = Map.of("all", List.of(LAMP));
        assertThat(codec.decode(codec.encode(value))).isEqualTo(value);
    }

    @Test
    void propertiesOfANewerVersion_areIgnored_andNullIsRefused() throws Exception {
        Codec<Product> codec = dev.holdfast.cache.jackson3.JsonCodec.of(Product.class);
        byte[] newer = "{\"id\":1,\"name\":\"n\",\"sizes\":[],\"colour\":\"red\"}".getBytes(StandardCharsets.UTF_8);
        assertThat(codec.decode(newer)).isEqualTo(new Product(1, "n", List.of()));
        assertThatThrownBy(() -> codec.decode("null".getBytes(StandardCharsets.UTF_8)))
                .hasMessageContaining("null");
        assertThatThrownBy(() -> codec.decode(new byte[] {1, 2, 3})).isInstanceOf(Exception.class);
    }
}
