package dev.holdfast.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    private final ClientAddress behind = ClientAddress.behind("10.0.0.0/8", "192.168.1.1", "fd00::/8");

    @Test
    void direct_believesNobody() {
        assertThat(ClientAddress.direct().of("10.1.1.1", List.of("1.2.3.4"))).isEqualTo("10.1.1.1");
    }

    @Test
    void aPeerThatIsNoProxy_isTheClient_whateverItSays() {
        assertThat(behind.of("8.8.8.8", List.of("1.2.3.4"))).isEqualTo("8.8.8.8");
        assertThat(behind.of("192.168.1.2", List.of("1.2.3.4"))).isEqualTo("192.168.1.2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1.2.3.4 | 1.2.3.4",
                "6.6.6.6, 1.2.3.4 | 1.2.3.4", // the first was invented by the client
                "6.6.6.6, 1.2.3.4, 10.9.9.9, 192.168.1.1 | 1.2.3.4",
                "10.1.1.1, 10.2.2.2 | 10.1.1.1", // only proxies: the first one called
                "1.2.3.4:5678 | 1.2.3.4",
                "unknown, 10.9.9.9 | 10.9.9.9",
                "1.2.3.4, nonsense | 10.0.0.1",
                "999.2.3.4 | 10.0.0.1",
                "'' | 10.0.0.1",
                "[2001:db8:1:2:3:4:5:6]:443 | 2001:db8:1:2:0:0:0:0/64",
                "2001:db8:1:2::9, fd12::7 | 2001:db8:1:2:0:0:0:0/64",
                "::ffff:1.2.3.4 | 1.2.3.4",
            })
    void behindAProxy_theLastAddressThatIsNotTrusted_isTheClient(String header, String client) {
        assertThat(behind.of("10.0.0.1", List.of(header))).isEqualTo(client);
    }

    @Test
    void severalHeaders_countAsOne() {
        assertThat(behind.of("10.0.0.1", List.of("6.6.6.6, 1.2.3.4", "10.5.5.5")))
                .isEqualTo("1.2.3.4");
        assertThat(behind.of("10.0.0.1", null)).isEqualTo("10.0.0.1");
    }

    @Test
    void ipv6_isCutToItsNetwork() {
        assertThat(behind.of("2001:db8:1:2:ffff::1%eth0", null)).isEqualTo("2001:db8:1:2:0:0:0:0/64");
        assertThat(behind.ipv6Prefix(56).of("2001:db8:1:2ff:ffff::1", null)).isEqualTo("2001:db8:1:200:0:0:0:0/56");
        assertThat(behind.ipv6Prefix(128).of("2001:db8::1", null)).isEqualTo("2001:db8:0:0:0:0:0:1");
    }

    @Test
    void aPeerThatIsNoAddress_isItself() {
        assertThat(behind.of("/run/app.sock", List.of("1.2.3.4"))).isEqualTo("/run/app.sock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"example.com", "10.0.0.0/33", "10.0.0.0/", "fd00::/129", "", "10.0.0"})
    void whatIsNoNetwork_isRefused(String proxy) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.behind(proxy))
                .withMessage("proxy '" + proxy
                        + "' is neither an address nor a network: write it like 10.1.2.3, 10.0.0.0/8 or fd00::/8");
    }

    @Test
    void noProxy_andABadPrefix_areRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.behind())
                .withMessageContaining("use direct()");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClientAddress.direct().ipv6Prefix(8))
                .withMessage("ipv6Prefix 8 is out of 32..128: 64 is one network, 56 or 48 one customer");
    }
}
