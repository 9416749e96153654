package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class HeadlessRunTest {
    @Test
    @Tag("fault")
    void headless_printsOneTableAndExitsWithZero() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        int code;
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            code = StorefrontDemo.run(List.of("--headless", "--seconds", "3", "--workers", "8"), Shops.SMALL, out);
        }
        String output = bytes.toString(StandardCharsets.UTF_8);
        assertThat(code).as(output).isZero();

        Map<String, String[]> rows = output.lines()
                .map(line -> line.split("\\s+"))
                .filter(cells -> List.of("path", "naive", "holdfast", "ratio").contains(cells[0]))
                .collect(Collectors.toMap(cells -> cells[0], Function.identity()));
        assertThat(rows).containsOnlyKeys("path", "naive", "holdfast", "ratio");
        String[] naive = rows.get("naive");
        String[] holdfast = rows.get("holdfast");
        assertThat(naive).hasSize(10);
        assertThat(holdfast).hasSize(10);
        assertThat(number(holdfast[1])).as(output).isGreaterThan(number(naive[1]));
        assertThat(number(naive[2])).isLessThanOrEqualTo(number(naive[3]));
        assertThat(number(naive[3])).isLessThanOrEqualTo(number(naive[4]));
        assertThat(number(holdfast[5]) * 10).as(output).isLessThan(number(naive[5]));
        assertThat(number(holdfast[6])).as(output).isBetween(50.0, 100.0);
        assertThat(number(holdfast[8])).isZero();
        assertThat(number(holdfast[9])).isZero();
        assertThat(output).contains("Redis was frozen for 0.5 s");
    }

    @Test
    void wrongArguments_exitWithTwoAndExplain() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            assertThat(StorefrontDemo.run(List.of("--secnods", "3"), Shops.SMALL, out))
                    .isEqualTo(2);
            assertThat(StorefrontDemo.run(List.of("--help"), Shops.SMALL, out)).isZero();
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("unknown option --secnods", "--workers N");
    }

    private static double number(String cell) {
        return Double.parseDouble(cell.replace(",", "").replace("%", ""));
    }
}
