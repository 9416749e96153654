package dev.holdfast.core.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class OperationTest {
    @Test
    void current_isTheInnermost_andNullOutside() {
        assertThat(Operation.current()).isNull();
        try (Operation outer = Operation.begin("orders.list")) {
            try (Operation inner = Operation.begin("orders.items")) {
                assertThat(Operation.current()).isEqualTo("orders.items");
            }
            assertThat(Operation.current()).isEqualTo("orders.list");
            outer.close();
            assertThat(Operation.current()).isNull();
        }
        assertThat(Operation.current()).isNull();
    }

    @Test
    void close_outOfOrder_saysWhatToDo() {
        try (Operation outer = Operation.begin("outer");
                Operation inner = Operation.begin("inner")) {
            assertThatThrownBy(outer::close)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("operation 'outer' is not the innermost one")
                    .hasMessageContaining("reverse order");
            assertThat(Operation.current()).isEqualTo("inner");
        }
    }

    @Test
    void begin_blankName_isRefused() {
        assertThatThrownBy(() -> Operation.begin(" "))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("blank");
    }
}
