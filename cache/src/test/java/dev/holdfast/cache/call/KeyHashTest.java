package dev.holdfast.cache.call;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Currency;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class KeyHashTest {
    enum Sort {
        PRICE,
        NAME {
            @Override
            public String toString() {
                return "by name";
            }
        }
    }

    enum Order {
        PRICE
    }

    record Range(int from, Integer to) {}

    record Span(int from, Integer to) {}

    private static String key(Object value) {
        return KeyHash.of("k").with("v", value).text();
    }

    /** A second implementation, in another language, computed these from the table in CanonicalBytes; they must never change. */
    static Stream<Arguments> golden() {
        return Stream.of(
                Arguments.of(KeyHash.of("search"), "search:p9SSPHfDUhZp5tFkUx0W1SWEw9NismPp"),
                Arguments.of(KeyHash.of("search").with("q", null), "search:uwXVR808fTOPT1QQ4_oYmPGfBwcvzp2t"),
                Arguments.of(
                        KeyHash.of("search").with("q", "chair").with("page", 3),
                        "search:TFZeHM_3Wae9dKI_m0GWbJ4AR9gXPe9T"),
                Arguments.of(KeyHash.of("n").with("big", new BigInteger("-129")), "n:nHgIlT7VTFlrKqFwRe_ELGj3QOuyJaGq"),
                Arguments.of(
                        KeyHash.of("n").with("double", 0.5).with("nan", Float.NaN),
                        "n:Sb5iD3AelgfJPQUR5-afVMntr9Llgyjt"),
                Arguments.of(
                        KeyHash.of("n").with("price", new BigDecimal("19.90")), "n:f0_5IcXCFFF2jUQUf9fV22ek6jQmtrUX"),
                Arguments.of(KeyHash.of("t").with("ünï", "smile 🙂"), "t:Cm5dyYajTJZaBJrxApphJP6jbIIHWfXt"),
                Arguments.of(
                        KeyHash.of("x")
                                .with("id", UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"))
                                .with("at", Instant.parse("2026-01-02T03:04:05.000000006Z"))
                                .with("for", Duration.ofMillis(-1))
                                .with("day", LocalDate.of(2026, 11, 21)),
                        "x:4KrMyp3rK4dovOaY6xbZahz2DuGvh0ap"),
                Arguments.of(
                        KeyHash.of("c")
                                .with("list", List.of(1, "1", '1', true))
                                .with("set", Set.of("b", "a"))
                                .with("map", Map.of("x", 1, "y", List.of()))
                                .with("bytes", new byte[] {0, -1})
                                .with("none", Optional.empty()),
                        "c:vlbN8LR3K_dk7E8anpVD4t95AvA0e85p"));
    }

    @ParameterizedTest
    @MethodSource("golden")
    void text_ofKnownRequests_neverChanges(KeyHash request, String text) {
        assertThat(request.text()).isEqualTo(text);
    }

    @Test
    void text_isTheKindAndThirtyTwoPlainCharacters() {
        assertThat(KeyHash.of("org:42:search").with("q", "x").text()).matches("org:42:search:[A-Za-z0-9_-]{32}");
    }

    @Test
    void text_ofTypesThatAreNamedByClass_isStableWithinTheirNames() {
        assertThat(key(Sort.NAME)).isEqualTo(key(Sort.NAME)).isNotEqualTo(key(Sort.PRICE));
        assertThat(key(Sort.PRICE)).isNotEqualTo(key(Order.PRICE)).isNotEqualTo(key("PRICE"));
        assertThat(key(new Range(1, null)))
                .isEqualTo(key(new Range(1, null)))
                .isNotEqualTo(key(new Range(1, 0)))
                .isNotEqualTo(key(new Span(1, null)));
    }

    @Test
    void parameters_inAnotherOrder_areTheSameRequest() {
        KeyHash one = KeyHash.of("k").with("a", 1).with("b", 2);
        KeyHash other = KeyHash.of("k").with("b", 2).with("a", 1);
        assertThat(one).isEqualTo(other).hasSameHashCodeAs(other).hasToString(other.text());
    }

    @Test
    void numbers_countByValueWithinTheirKind() {
        assertThat(Stream.of(1, 1L, (short) 1, (byte) 1, BigInteger.ONE).map(KeyHashTest::key))
                .containsOnly(key(1));
        assertThat(key(0.5f)).isEqualTo(key(0.5));
        assertThat(key(new BigDecimal("1.50"))).isEqualTo(key(new BigDecimal("1.5")));
        assertThat(key(new BigDecimal("0.00"))).isEqualTo(key(BigDecimal.ZERO));
        assertThat(key(Double.longBitsToDouble(0x7ff8000000000001L)))
                .isEqualTo(key(Double.NaN))
                .isEqualTo(key(Float.NaN));
    }

    @Test
    void values_thatLookAlike_differ() {
        List<Object> all = Arrays.asList(
                null,
                1,
                1.0,
                new BigDecimal("1"),
                "1",
                '1',
                true,
                "true",
                0,
                0.0,
                -0.0,
                false,
                "",
                Optional.empty(),
                Optional.of(1),
                List.of(),
                Set.of(),
                Map.of(),
                List.of(1),
                Set.of(1),
                Map.of(1, 1),
                Map.of("1", 1),
                List.of(List.of(1)),
                List.of(1, 1),
                List.of("ab", "c"),
                List.of("a", "bc"),
                List.of("abc"),
                Collections.singletonList(null),
                Map.of("a", "b"),
                Map.of("b", "a"),
                new byte[0],
                new byte[] {1},
                "\u0000",
                "\uD800",
                "\uD801",
                "?",
                "é",
                "e\u0301",
                Instant.EPOCH,
                "1970-01-01T00:00:00Z",
                Duration.ZERO,
                UUID.fromString("00000000-0000-0000-0000-000000000000"),
                Locale.ROOT,
                Locale.GERMAN,
                Locale.GERMANY,
                new Locale("", "", "x"),
                Currency.getInstance("EUR"),
                "EUR",
                URI.create("a:b"),
                ZoneId.of("UTC"),
                ZoneOffset.UTC,
                KeyHash.of("k"),
                "k",
                new Range(1, 1),
                List.of(1, 1.0));
        assertThat(all.stream().map(KeyHashTest::key)).doesNotHaveDuplicates();
        assertThat(key(null)).isNotEqualTo(KeyHash.of("k").text());
        assertThat(KeyHash.of("a").with("v", 1)).isNotEqualTo(KeyHash.of("b").with("v", 1));
        assertThat(KeyHash.of("k").with("a", "b")).isNotEqualTo(KeyHash.of("k").with("b", "a"));
    }

    @Test
    void arraysAndLists_areSequences() {
        String expected = key(List.of(1, 2));
        assertThat(List.of(key(new int[] {1, 2}), key(new long[] {1, 2}), key(new Object[] {1, 2L})))
                .containsOnly(expected);
        assertThat(key(List.of(2, 1))).isNotEqualTo(expected);
        assertThat(key(new byte[] {1, 2})).isNotEqualTo(expected);
    }

    @Test
    void setsAndMaps_haveNoOrder() {
        Map<String, Integer> forth = new LinkedHashMap<>();
        Map<String, Integer> back = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            forth.put("k" + i, i);
            back.put("k" + (99 - i), 99 - i);
        }
        assertThat(key(forth)).isEqualTo(key(back));
        assertThat(key(forth.keySet())).isEqualTo(key(new HashSet<>(back.keySet())));
    }

    @Test
    void value_changedAfterwards_changesNothing() {
        List<Integer> list = new ArrayList<>(List.of(1));
        KeyHash key = KeyHash.of("k").with("v", list);
        list.add(2);
        assertThat(key.text()).isEqualTo(key(List.of(1)));
    }

    @Test
    void beginning_shared_isNotChangedByWhatFollows() {
        KeyHash base = KeyHash.of("k").with("tenant", 7);
        String text = base.text();
        assertThat(base.with("q", "a")).isNotEqualTo(base.with("q", "b"));
        assertThat(base.text()).isEqualTo(text);
    }

    @Test
    void value_withoutStableEncoding_isRefusedByItsPlace() {
        Map<String, Object> filters = new HashMap<>();
        filters.put("owners", List.of("x", new Object()));
        assertThatThrownBy(() -> KeyHash.of("k").with("filters", filters))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("parameter 'filters.owners[1]' is a java.lang.Object, which has no stable encoding: "
                        + "pass what identifies it: numbers, texts, times, lists, maps or a record of them");
        assertThatThrownBy(() -> KeyHash.of("k").with("q", new ArrayDeque<>(List.of(1))))
                .hasMessageContaining("'q'")
                .hasMessageContaining("List or a Set");
    }

    @Test
    void value_thatContainsItself_isRefused() {
        List<Object> ring = new ArrayList<>();
        ring.add(ring);
        assertThatThrownBy(() -> KeyHash.of("k").with("ring", ring)).hasMessageContaining("contains itself");
    }

    @Test
    void parameter_setTwice_isRefused() {
        KeyHash key = KeyHash.of("k").with("a", 1).with("b", 1);
        assertThatThrownBy(() -> key.with("a", 1)).hasMessageContaining("'a' is set twice");
    }

    @Test
    void kind_thatIsNoKey_isRefused() {
        assertThatThrownBy(() -> KeyHash.of("a b")).hasMessageContaining("'a b'");
        assertThatThrownBy(() -> KeyHash.of("")).isInstanceOf(IllegalArgumentException.class);
    }
}
