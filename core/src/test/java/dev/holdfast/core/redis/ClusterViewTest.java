package dev.holdfast.core.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class ClusterViewTest {
    private static final HostPort ASKED = new HostPort("10.0.0.1", 7000);
    private static final HostPort A = new HostPort("10.0.0.1", 7000);
    private static final HostPort B = new HostPort("10.0.0.2", 7001);

    private static SlotTable table(String... replies) {
        return SlotTable.of(List.of(replies).stream()
                .map(reply -> ClusterView.parse(reply, ASKED, false, UnaryOperator.identity()))
                .toList());
    }

    @Test
    void parse_reads_primaries_with_their_ranges() {
        SlotTable table = table("""
                a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-99 200
                b1 10.0.0.2:7001@17001,host-b master - 0 0 2 connected 100-199 [201->-a1]
                c1 10.0.0.3:7002@17002 slave a1 0 0 1 connected
                d1 :0@0 master,noaddr - 0 0 3 disconnected 300
                e1 10.0.0.5:7004@17004 master - 0 0 4 connected
                """);

        assertThat(table.owner(0)).isEqualTo(A);
        assertThat(table.owner(99)).isEqualTo(A);
        assertThat(table.owner(100)).isEqualTo(B);
        assertThat(table.owner(200)).isEqualTo(A);
        assertThat(table.owner(201)).isNull();
        assertThat(table.owner(300)).isNull();
        assertThat(table.primaries()).containsExactlyInAnyOrder(A, B);
    }

    @Test
    void parse_of_a_node_that_does_not_know_its_address_takes_the_one_asked() {
        assertThat(table("a1 :7000@17000 myself,master - 0 0 1 connected 0-16383\n")
                        .owner(5))
                .isEqualTo(A);
    }

    @Test
    void parse_prefers_names_where_certificates_need_them() {
        ClusterView view = ClusterView.parse("""
                b1 10.0.0.2:7001@17001,host-b master - 0 0 2 connected 1
                b2 10.0.0.3:7001@17001,,tls-port=0 master - 0 0 2 connected 2
                """, ASKED, true, UnaryOperator.identity());

        assertThat(view.primaries())
                .extracting(ClusterView.Primary::address)
                .containsExactly(new HostPort("host-b", 7001), new HostPort("10.0.0.3", 7001));
    }

    @Test
    void of_views_that_disagree_takes_the_higher_epoch_in_any_order() {
        String stale = "a1 10.0.0.1:7000@17000 myself,master - 0 0 1 connected 0-16383\n";
        String fresh = """
                b1 10.0.0.2:7001@17001 myself,master - 0 0 5 connected 0-16383
                a1 10.0.0.1:7000@17000 master,fail - 0 0 1 connected
                """;

        assertThat(table(stale, fresh)).isEqualTo(table(fresh, stale)).isEqualTo(table(fresh));
        assertThat(table(stale, fresh).owner(7)).isEqualTo(B);
    }
}
