package dev.holdfast.batch.write;

import dev.holdfast.batch.sql.Column;
import dev.holdfast.batch.sql.Values;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The rows of one call, taken out of the caller's objects and checked; for one thread. */
final class Input<R> {
    private static final int PROBLEMS_SHOWN = 5;
    /** What a value costs at least in a statement. */
    private static final int VALUE_WEIGHT = 12;

    private final Shape shape;
    private final List<R> rows;
    private final @Nullable Object[][] values;
    private final int[] weights;
    private final List<Comparable<?>[]> keys = new ArrayList<>();
    private int[] order;

    /**
     * Takes the values out.
     *
     * @throws BulkInputException if one of them cannot be written
     */
    Input(Shape shape, List<Function<? super R, ?>> getters, Collection<? extends R> given) {
        this.shape = shape;
        this.rows = new ArrayList<>(given);
        List<Column> fields = shape.fields();
        this.values = new Object[fields.size()][rows.size()];
        this.weights = new int[rows.size()];
        List<String> problems = new ArrayList<>();
        for (int row = 0; row < rows.size(); row++) {
            R source = rows.get(row);
            if (source == null) {
                problems.add("row " + row + " is null");
                continue;
            }
            for (int field = 0; field < fields.size(); field++) {
                take(row, source, field, fields.get(field), getters.get(field), problems);
            }
        }
        if (!problems.isEmpty()) {
            throw new BulkInputException(describe(problems));
        }
        this.order = IntStream.range(0, rows.size()).toArray();
        if (!shape.keys().isEmpty()) {
            sort();
        }
    }

    private void take(
            int row, R source, int field, Column column, Function<? super R, ?> getter, List<String> problems) {
        Object value;
        try {
            value = getter.apply(source);
        } catch (BulkInputException e) {
            problems.add("row " + row + ": " + e.getMessage());
            return;
        } catch (RuntimeException e) {
            throw new BulkInputException(
                    table() + ": the function of column '" + column.name() + "' threw on row " + row + ": " + e, e);
        }
        try {
            Object form = Values.canonical(value, column);
            values[field][row] = form;
            weights[row] += VALUE_WEIGHT + weight(form);
            if (form == null && field < shape.keys().size()) {
                problems.add(
                        "row " + row + ", key column '" + column.name() + "': null finds no row; leave the row out");
            }
        } catch (IllegalArgumentException e) {
            problems.add("row " + row + ", column '" + column.name() + "' (" + column.type() + "): " + e.getMessage());
        }
    }

    private static int weight(@Nullable Object form) {
        if (form instanceof String text) {
            return text.length();
        }
        if (form instanceof byte[] bytes) {
            return 2 * bytes.length;
        }
        if (form instanceof List<?> list) {
            return list.stream().mapToInt(Input::weight).sum() + VALUE_WEIGHT * list.size();
        }
        return 0;
    }

    private String table() {
        return shape.operation().name().toLowerCase(java.util.Locale.ROOT) + " of "
                + shape.table().given();
    }

    private String describe(List<String> problems) {
        return table() + ": nothing was written, " + problems.size()
                + (problems.size() == 1 ? " value cannot be: " : " values cannot be: ")
                + problems.stream().limit(PROBLEMS_SHOWN).collect(Collectors.joining("; "))
                + (problems.size() > PROBLEMS_SHOWN ? "; …" : "");
    }

    @SuppressWarnings({"unchecked", "rawtypes"
    }) // the values of one column are of one type, and compare with each other
    private void sort() {
        int count = shape.keys().size();
        for (int row = 0; row < rows.size(); row++) {
            Comparable<?>[] key = new Comparable<?>[count];
            for (int field = 0; field < count; field++) {
                key[field] = Values.comparable(java.util.Objects.requireNonNull(values[field][row]));
            }
            keys.add(key);
        }
        Comparator<Integer> byKey = (a, b) -> {
            for (int field = 0; field < count; field++) {
                int compared = ((Comparable) keys.get(a)[field]).compareTo(keys.get(b)[field]);
                if (compared != 0) {
                    return compared;
                }
            }
            return 0;
        };
        order = IntStream.of(order)
                .boxed()
                .sorted(byKey)
                .mapToInt(Integer::intValue)
                .toArray();
    }

    /** Leaves out rows whose key another row has, as declared. */
    void removeDuplicates(Duplicates policy, Verdicts verdicts) {
        if (keys.isEmpty()) {
            return;
        }
        // Sorted stably, so that rows of one key are neighbours in the order of the call.
        Map<Integer, Integer> firsts = new HashMap<>();
        for (int i = 1; i < order.length; i++) {
            int before = order[i - 1];
            if (java.util.Arrays.equals(keys.get(before), keys.get(order[i]))) {
                firsts.put(order[i], firsts.getOrDefault(before, before));
            }
        }
        remove(firsts, policy, verdicts, "");
    }

    /** Leaves out rows that only the database finds equal. */
    void removeSame(List<int[]> places, Duplicates policy, Verdicts verdicts) {
        Map<Integer, Integer> firsts = new HashMap<>();
        for (int[] pair : places) {
            firsts.put(order[pair[0]], order[pair[1]]);
        }
        remove(firsts, policy, verdicts, " to the database");
    }

    private void remove(Map<Integer, Integer> like, Duplicates policy, Verdicts verdicts, String toWhom) {
        if (like.isEmpty()) {
            return;
        }
        if (policy == Duplicates.REJECT) {
            throw new BulkInputException(table() + ": nothing was written, rows have the same key"
                    + toWhom + ": "
                    + like.entrySet().stream()
                            .sorted(Map.Entry.comparingByKey())
                            .limit(PROBLEMS_SHOWN)
                            .map(entry -> Math.min(entry.getValue(), entry.getKey()) + " and "
                                    + Math.max(entry.getValue(), entry.getKey()) + " (" + key(entry.getKey()) + ")")
                            .collect(Collectors.joining(", "))
                    + (like.size() > PROBLEMS_SHOWN ? ", …" : "")
                    + ": make keys unique, or declare duplicates(FIRST) or duplicates(LAST)");
        }
        Map<Integer, List<Integer>> groups = new HashMap<>();
        like.forEach((row, other) -> {
            List<Integer> group = groups.computeIfAbsent(other, any -> new ArrayList<>(List.of(other)));
            group.add(row);
        });
        for (List<Integer> group : groups.values()) {
            int kept = policy == Duplicates.FIRST ? java.util.Collections.min(group) : java.util.Collections.max(group);
            for (int row : group) {
                if (row != kept) {
                    verdicts.set(row, RowOutcome.SUPERSEDED);
                }
            }
        }
        order = IntStream.of(order)
                .filter(row -> !verdicts.is(row, RowOutcome.SUPERSEDED))
                .toArray();
    }

    private String key(int row) {
        StringBuilder text = new StringBuilder();
        for (int field = 0; field < shape.keys().size(); field++) {
            text.append(field == 0 ? "" : ", ")
                    .append(shape.keys().get(field).name())
                    .append('=')
                    .append(Values.shown(values[field][row]));
        }
        return text.toString();
    }

    /** Cuts what is to be written into pieces of bounded length and weight. */
    List<Slice> chunks(int mostRows, long mostWeight) {
        List<Slice> chunks = new ArrayList<>();
        int from = 0;
        long weight = 0;
        for (int i = 0; i < order.length; i++) {
            weight += weights[order[i]];
            if (i > from && (i - from >= mostRows || weight > mostWeight)) {
                chunks.add(new Slice(this, from, i));
                from = i;
                weight = weights[order[i]];
            }
        }
        if (from < order.length) {
            chunks.add(new Slice(this, from, order.length));
        }
        return chunks;
    }

    List<R> rows() {
        return rows;
    }

    int[] order() {
        return order;
    }

    @Nullable
    Object value(int field, int row) {
        return values[field][row];
    }
}
