package dev.holdfast.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.cluster.SlotHash;
import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class KeyLayoutTest {
    private final KeyLayout layout = new KeyLayout("hf", "product");

    @Property(tries = 5_000)
    void escaping_anyText_canBeUndone(@ForAll("nasty") String text) {
        assertThat(KeyLayout.unescape(KeyLayout.escape(text))).isEqualTo(text);
    }

    @Property(tries = 5_000)
    void escaping_anyText_givesPrintableAsciiWithoutBracesOrSpace(@ForAll("nasty") String text) {
        assertThat(KeyLayout.escape(text)).matches("[!-z|~]+").doesNotContain("{", "}");
    }

    @Property(tries = 2_000)
    void escaping_differentTexts_givesDifferentKeys(@ForAll("nasty") String one, @ForAll("nasty") String other) {
        assertThat(KeyLayout.escape(one).equals(KeyLayout.escape(other))).isEqualTo(one.equals(other));
    }

    @Property(tries = 2_000)
    void valueAndLease_anyKey_shareASlot(@ForAll("nasty") String text) {
        String escaped = KeyLayout.escape(text);
        assertThat(SlotHash.getSlot(layout.value(escaped))).isEqualTo(SlotHash.getSlot(layout.lease(escaped)));
    }

    @Example
    void names_plainKey_areReadable() {
        assertThat(layout.value("42")).asString(StandardCharsets.UTF_8).isEqualTo("hf:product:v1:{42}");
        assertThat(layout.lease("42")).asString(StandardCharsets.UTF_8).isEqualTo("hf:product:l:{42}");
        assertThat(layout.control()).asString(StandardCharsets.UTF_8).isEqualTo("{hf:product}:ctl");
    }

    @Example
    void escaping_emptyTextAndNulCharacter_differ() {
        assertThat(KeyLayout.escape("")).isEqualTo("%");
        assertThat(KeyLayout.escape("\0")).isEqualTo("%00");
    }

    @Provide
    Arbitrary<String> nasty() {
        Arbitrary<String> delimiters =
                Arbitraries.strings().withChars("{}%: \n\0uü0A1").ofMaxLength(12);
        Arbitrary<String> anything = Arbitraries.strings()
                .withCharRange(Character.MIN_VALUE, Character.MAX_VALUE)
                .ofMaxLength(12);
        Arbitrary<String> surrogates =
                Arbitraries.strings().withCharRange('\uD7F0', '\uE010').ofMaxLength(6);
        return Arbitraries.oneOf(delimiters, anything, surrogates);
    }
}
