package dev.holdfast.cache.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The encoding is injective on whatever can be nested, and blind to what does not matter. */
class KeyHashPropertyTest {
    private static final List<String> TEXTS = List.of("", "a", "b", "ab", "s", "\uD83D", "\uDE42", "\uD83D\uDE42");
    private static final List<Object> OTHERS = Arrays.asList(0.0, -0.0, 1.0, Double.NaN, true, false, 'a', 's', null);

    private static byte[] bytes(Object value) {
        return CanonicalBytes.of("v", value);
    }

    @Provide
    Arbitrary<Object> values() {
        return Arbitraries.randomValue(random -> value(random, 3));
    }

    /** Few different leaves and small containers, so that equal and nearly equal values are common. */
    private static Object value(Random random, int depth) {
        int size = random.nextInt(3);
        return switch (random.nextInt(depth == 0 ? 3 : 6)) {
            case 0 -> (long) random.nextInt(-130, 130);
            case 1 -> TEXTS.get(random.nextInt(TEXTS.size()));
            case 2 -> OTHERS.get(random.nextInt(OTHERS.size()));
            case 3 ->
                Stream.generate(() -> value(random, depth - 1))
                        .limit(size)
                        .collect(Collectors.toCollection(ArrayList::new));
            case 4 ->
                Stream.generate(() -> value(random, depth - 1))
                        .limit(size)
                        .collect(Collectors.toCollection(HashSet::new));
            default -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                for (int i = 0; i < size; i++) {
                    map.put(value(random, 0), value(random, depth - 1));
                }
                yield map;
            }
        };
    }

    @Property(tries = 2000)
    void bytes_areEqualExactlyWhenTheValuesAre(@ForAll("values") Object one, @ForAll("values") Object other) {
        assertThat(Arrays.equals(bytes(one), bytes(other))).isEqualTo(Objects.equals(one, other));
    }

    @Property(tries = 1000)
    void bytes_areNeverTheBeginningOfAnother(@ForAll("values") Object one, @ForAll("values") Object other) {
        byte[] shorter = bytes(one);
        byte[] longer = bytes(other);
        if (shorter.length < longer.length) {
            assertThat(Arrays.copyOf(longer, shorter.length)).isNotEqualTo(shorter);
        } else {
            assertThat(bytes(Arrays.asList(one, other))).isNotEqualTo(bytes(List.of(Arrays.asList(one, other))));
        }
    }

    @Property(tries = 500)
    void text_doesNotDependOnTheOrderOfParametersAndEntries(
            @ForAll Map<String, Long> parameters, @ForAll Random random) {
        List<String> names = new ArrayList<>(parameters.keySet());
        KeyHash sorted = KeyHash.of("k");
        for (String name : names) {
            sorted = sorted.with(name, parameters.get(name));
        }
        Collections.shuffle(names, random);
        KeyHash shuffled = KeyHash.of("k");
        Map<String, Long> reordered = new LinkedHashMap<>();
        for (String name : names) {
            shuffled = shuffled.with(name, parameters.get(name));
            reordered.put(name, parameters.get(name));
        }
        assertThat(shuffled.text()).isEqualTo(sorted.text());
        assertThat(bytes(reordered)).isEqualTo(bytes(parameters));
    }
}
