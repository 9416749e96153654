package dev.holdfast.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The table is a map, whatever is added and removed in which order; keys that collide on purpose. */
class EntryTableTest {
    private record Colliding(int id) {
        @Override
        public int hashCode() {
            return id % 5;
        }
    }

    @Property(tries = 500)
    void addsAndRemoves_asAMapDoes(@ForAll @Size(max = 300) List<@IntRange(max = 60) Integer> steps) {
        EntryTable table = new EntryTable();
        Map<Colliding, Entry> model = new HashMap<>();
        for (int step : steps) {
            Colliding key = new Colliding(step);
            Entry known = model.get(key);
            assertThat(table.get(key, EntryTable.hash(key))).isSameAs(known);
            if (known == null) {
                Entry entry = new Entry(key, EntryTable.hash(key));
                table.add(entry);
                model.put(key, entry);
            } else {
                table.remove(new Entry(key, EntryTable.hash(key))); // another entry of that key: nothing happens
                assertThat(table.get(key, EntryTable.hash(key))).isSameAs(known);
                table.remove(known);
                model.remove(key);
            }
            assertThat(table.size()).isEqualTo(model.size());
        }
        model.forEach(
                (key, entry) -> assertThat(table.get(key, EntryTable.hash(key))).isSameAs(entry));
    }
}
