package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.batch.BatchGroup;
import dev.holdfast.benchmarks.cache.CacheGroup;
import dev.holdfast.benchmarks.foundation.Foundation;
import dev.holdfast.benchmarks.ratelimit.RateLimitGroup;
import dev.holdfast.benchmarks.self.SelfCheck;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The command line: {@code <group> [--quick] [--only <target>]…}, or {@code list}.
 *
 * <p>Exit code 0 if everything was measured, whether or not it fell short of its target; 1 if something could not be
 * measured, in time or at all, or the two sides came to different results; 2 if the command line is wrong.
 */
public final class Main {

    /** All groups; a new one is added here. */
    static List<Group> groups() {
        return List.of(
                Foundation.group(), CacheGroup.group(), RateLimitGroup.group(), BatchGroup.group(), SelfCheck.group());
    }

    private Main() {}

    /** Runs a group and ends the JVM. */
    public static void main(String[] arguments) {
        haltAfter(List.of(arguments).contains("--quick") ? Duration.ofMinutes(5) : Duration.ofHours(1));
        int code = run(List.of(arguments), groups(), System.out);
        System.out.flush();
        // Clients and pools that a failed scenario left behind must not keep the process alive.
        System.exit(code);
    }

    /** A run that hangs is a failure to measure. */
    private static void haltAfter(Duration limit) {
        Thread watchdog = new Thread(
                () -> {
                    try {
                        TimeUnit.NANOSECONDS.sleep(limit.toNanos());
                    } catch (InterruptedException e) {
                        return;
                    }
                    System.out.println("ERROR not done after " + limit.toMinutes() + " minutes; threads were at");
                    Thread.getAllStackTraces().forEach((thread, frames) -> {
                        System.out.println(thread);
                        for (StackTraceElement frame : frames) {
                            System.out.println("\tat " + frame);
                        }
                    });
                    System.out.flush();
                    Runtime.getRuntime().halt(1);
                },
                "watchdog");
        watchdog.setDaemon(true);
        watchdog.start();
    }

    static int run(List<String> arguments, List<Group> groups, PrintStream out) {
        String name = null;
        boolean quick = false;
        List<String> only = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (argument.equals("--quick")) {
                quick = true;
            } else if (argument.equals("--only") && i + 1 < arguments.size()) {
                only.add(arguments.get(++i));
            } else if (argument.startsWith("-") || name != null) {
                return usage(out, "unknown argument " + argument, groups);
            } else {
                name = argument;
            }
        }
        if (name == null) {
            return usage(out, "no group given", groups);
        }
        if (name.equals("list")) {
            groups.forEach(group -> out.printf("%-12s %s%n", group.name(), group.purpose()));
            return 0;
        }
        for (Group group : groups) {
            if (group.name().equals(name)) {
                Group chosen = restrict(group, only);
                if (chosen.scenarios().isEmpty()) {
                    return usage(out, "group " + name + " has no target " + only, groups);
                }
                return new Session(quick, out).run(chosen) ? 0 : 1;
            }
        }
        return usage(out, "unknown group " + name, groups);
    }

    private static Group restrict(Group group, List<String> only) {
        if (only.isEmpty()) {
            return group;
        }
        List<Scenario> chosen = group.scenarios().stream()
                .filter(scenario -> scenario.targets().stream().anyMatch(target -> only.contains(target.id())))
                .toList();
        return new Group(group.name(), group.purpose(), chosen);
    }

    private static int usage(PrintStream out, String problem, List<Group> groups) {
        out.println(problem);
        out.println("usage: benchmarks/run.sh <group> [--quick] [--only <target>]...");
        out.println("       benchmarks/run.sh jmh [<regex>] [<options of JMH>]...");
        out.println("groups:");
        groups.forEach(group -> out.printf("  %-12s %s%n", group.name(), group.purpose()));
        return 2;
    }
}
