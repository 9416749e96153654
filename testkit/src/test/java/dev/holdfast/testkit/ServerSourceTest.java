package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ServerSourceTest {

    @Test
    void property_winsOverVariable_whichWinsOverDefault() {
        assertThat(ServerSource.parse("external", "containers")).isEqualTo(ServerSource.EXTERNAL);
        assertThat(ServerSource.parse(null, "containers")).isEqualTo(ServerSource.CONTAINERS);
        assertThat(ServerSource.parse(" ", " ")).isEqualTo(ServerSource.EMBEDDED);
        assertThat(ServerSource.parse(null, null)).isEqualTo(ServerSource.EMBEDDED);
    }

    @Test
    void name_isReadInAnyCase() {
        assertThat(ServerSource.parse(" Containers ", null)).isEqualTo(ServerSource.CONTAINERS);
        assertThat(ServerSource.CONTAINERS).hasToString("containers");
    }

    @Test
    void anotherName_isRefusedWithTheChoices() {
        assertThatThrownBy(() -> ServerSource.parse("docker", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("holdfast.servers (or HOLDFAST_SERVERS) is 'docker'; it must be one of embedded,"
                        + " containers, external");
    }
}
