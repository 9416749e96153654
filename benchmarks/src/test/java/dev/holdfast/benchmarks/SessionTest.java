package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionTest {

    private static final Target TIME = Target.atMost("time", 1.3);
    private static final Target BYTES = Target.exactly("bytes", 0);

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private interface Measuring {
        void run(Session session) throws Exception;
    }

    private static Scenario scenario(Measuring measuring, Target... targets) {
        return new Scenario() {
            @Override
            public List<Target> targets() {
                return List.of(targets);
            }

            @Override
            public void run(Session session) throws Exception {
                measuring.run(session);
            }
        };
    }

    private static PairedResult result(double ratio) {
        double[] subject = new double[20];
        double[] baseline = new double[20];
        Arrays.fill(baseline, 100);
        Arrays.setAll(subject, i -> 100 * ratio * (1 + (i - 10) / 1000.0));
        return new PairedResult("get", "cache", subject, "raw", baseline);
    }

    private int run(List<String> arguments, Scenario... scenarios) {
        List<Group> groups = List.of(new Group("shop", "for the test", List.of(scenarios)));
        return Main.run(arguments, groups, new PrintStream(bytes, true, StandardCharsets.UTF_8));
    }

    private List<String> lines(String start) {
        return bytes.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(start))
                .toList();
    }

    @Test
    void everythingMet_onePassLinePerTarget_andExitCode0() {
        int code = run(
                List.of("shop"),
                scenario(
                        session -> {
                            session.report(TIME, result(1.1), "ns");
                            session.report(BYTES, 0, "bytes per hit");
                        },
                        TIME,
                        BYTES));

        assertThat(lines("RATIO")).containsExactly("RATIO time 1.099 <=1.3 PASS", "RATIO bytes 0 =0 PASS");
        assertThat(bytes.toString(StandardCharsets.UTF_8).strip()).endsWith("RATIO bytes 0 =0 PASS");
        assertThat(code).isZero();
    }

    @Test
    void targetMissed_saysFallShort_andExitCodeIsStill0() {
        int code = run(
                List.of("shop", "--quick"),
                scenario(session -> session.report(TIME, result(1.5), "ns"), TIME),
                scenario(session -> session.report(BYTES, 16, "bytes per hit"), BYTES));

        assertThat(lines("RATIO")).containsExactly("RATIO time 1.499 <=1.3 FALL-SHORT", "RATIO bytes 16 =0 FALL-SHORT");
        assertThat(code).isZero();
    }

    @Test
    void boundInsideTheInterval_passes_andSaysThatTheRunCannotTell() {
        int code = run(List.of("shop"), scenario(session -> session.report(TIME, result(1.3), "ns"), TIME));

        assertThat(lines("RATIO")).containsExactly("RATIO time 1.299 <=1.3 PASS");
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("time: the interval contains the target <=1.3");
        assertThat(code).isZero();
    }

    @Test
    void scenarioThatThrows_failsTheRun_andTheOthersStillReport() {
        int code = run(
                List.of("shop"),
                scenario(
                        session -> {
                            throw new ResultsDifferException("get: results differ in pair 3");
                        },
                        TIME),
                scenario(session -> session.report(BYTES, 0, "bytes per hit"), BYTES));

        assertThat(lines("RATIO")).containsExactly("RATIO bytes 0 =0 PASS");
        assertThat(lines("ERROR"))
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).contains("results differ in pair 3"))
                .contains("ERROR time was not measured");
        assertThat(code).isEqualTo(1);
    }

    @Test
    void targetThatNobodyReported_failsTheRun() {
        int code = run(List.of("shop"), scenario(session -> {}, TIME));

        assertThat(lines("ERROR")).containsExactly("ERROR time was not measured");
        assertThat(code).isEqualTo(1);
    }

    @Test
    void targetReportedTwice_failsTheRun() {
        int code = run(
                List.of("shop"),
                scenario(
                        session -> {
                            session.report(BYTES, 16, "first");
                            session.report(BYTES, 0, "second");
                        },
                        BYTES));

        assertThat(lines("RATIO")).containsExactly("RATIO bytes 16 =0 FALL-SHORT");
        assertThat(code).isEqualTo(1);
    }

    @Test
    void only_runsTheScenarioOfThatTargetAlone() {
        int code = run(
                List.of("shop", "--only", "bytes"),
                scenario(
                        session -> {
                            throw new AssertionError("not asked for");
                        },
                        TIME),
                scenario(session -> session.report(BYTES, 0, "bytes per hit"), BYTES));

        assertThat(lines("RATIO")).containsExactly("RATIO bytes 0 =0 PASS");
        assertThat(code).isZero();
    }

    @Test
    void quick_reachesTheScenario() {
        boolean[] seen = new boolean[2];
        run(List.of("shop"), scenario(session -> seen[0] = session.quick()));
        run(List.of("--quick", "shop"), scenario(session -> seen[1] = session.quick()));

        assertThat(seen).containsExactly(false, true);
    }

    @Test
    void commandLine_thatIsWrong_isExplained_withExitCode2() {
        assertThat(run(List.of())).isEqualTo(2);
        assertThat(run(List.of("nosuch"))).isEqualTo(2);
        assertThat(run(List.of("shop", "--fast"))).isEqualTo(2);
        assertThat(run(List.of("shop", "other"))).isEqualTo(2);
        assertThat(run(List.of("shop", "--only", "nosuch"))).isEqualTo(2);
        assertThat(lines("unknown")).contains("unknown group nosuch", "unknown argument --fast");
        assertThat(lines("usage")).hasSize(5);
    }

    @Test
    void list_namesTheGroups() {
        assertThat(run(List.of("list"))).isZero();
        assertThat(lines("shop")).containsExactly("shop         for the test");
    }

    @Test
    void shippedGroups_areWellFormed() {
        assertThat(Main.groups()).extracting(Group::name).contains("foundation", "self");
    }

    @Test
    void group_withTwoTargetsOfOneId_isRefused() {
        Scenario scenario = scenario(session -> {}, TIME);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Group("g", "p", List.of(scenario, scenario)))
                .withMessage("group g has two targets time");
    }
}
