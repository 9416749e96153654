package dev.holdfast.examples.storefront;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoOptionsTest {
    @Test
    void noArguments_stayOpenWithoutTraffic() {
        assertThat(DemoOptions.parse(List.of())).isEqualTo(new DemoOptions(false, 15, 16, false, 0, false, false));
    }

    @Test
    void everyArgument_isRead() {
        assertThat(DemoOptions.parse(List.of(
                        "--headless", "--seconds", "20", "--workers", "4", "--port", "8080", "--end-with-parent")))
                .isEqualTo(new DemoOptions(true, 20, 4, false, 8080, true, false));
        assertThat(DemoOptions.parse(List.of("--traffic")))
                .isEqualTo(new DemoOptions(false, 15, 16, true, 0, false, false));
    }

    @ParameterizedTest
    @CsvSource({
        "--seconds 0, --seconds takes a whole number from 1 to 3600",
        "--seconds soon, --seconds takes a whole number from 1 to 3600",
        "--workers 257, --workers takes a whole number from 1 to 256",
        "--workers, --workers takes a whole number from 1 to 256",
        "--port -1, --port takes a whole number from 0 to 65535",
        "--fast, unknown option --fast",
        "--headless --traffic, --headless brings its own traffic",
    })
    void badArguments_areRejectedByName(String arguments, String message) {
        assertThatThrownBy(() -> DemoOptions.parse(List.of(arguments.split(" "))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(message);
    }
}
