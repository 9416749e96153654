package dev.holdfast.batch.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KeyChunksTest {
    @Property(tries = 300)
    void chunks_holdAllKeysInOrder_andOnlyTheLastIsPadded(@ForAll @IntRange(min = 1, max = 5_000) int count) {
        List<Integer> keys = IntStream.range(0, count).boxed().toList();
        List<List<Integer>> chunks = KeyChunks.of(keys);
        List<Integer> joined = chunks.stream().flatMap(List::stream).toList();
        assertThat(List.copyOf(new LinkedHashSet<>(joined))).isEqualTo(keys);
        assertThat(joined.subList(0, count)).isEqualTo(keys);
        assertThat(chunks.subList(0, chunks.size() - 1)).allMatch(chunk -> chunk.size() == 1_000);
    }

    @Test
    void sizes_areFew() {
        Set<Integer> sizes = IntStream.rangeClosed(1, 3_000)
                .mapToObj(
                        count -> KeyChunks.of(IntStream.range(0, count).boxed().toList()))
                .flatMap(chunks -> chunks.stream().map(List::size))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(sizes).containsExactly(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000);
    }
}
