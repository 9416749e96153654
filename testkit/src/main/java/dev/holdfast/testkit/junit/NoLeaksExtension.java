package dev.holdfast.testkit.junit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.platform.commons.support.AnnotationSupport;

/** What {@link NoLeaks} promises; its state per class is in JUnit's store. */
final class NoLeaksExtension implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

    private static final Namespace NAMESPACE = Namespace.create(NoLeaksExtension.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long POLL_MILLIS = 20;

    /** Started by whoever comes first, and meant to stay. */
    private static final String RESIDENTS = String.join(
            "|",
            // The JDK; more of it is recognised by isOfTheJdk().
            "process reaper.*",
            "ForkJoinPool.commonPool-.*",
            "CompletableFutureDelayScheduler",
            "Cleaner-.*|Common-Cleaner",
            "Attach Listener|Signal Dispatcher|Notification Thread|Finalizer|Reference Handler",
            "Keep-Alive-.*|java-sdk-http.*",
            "JFR .*|JNA Cleaner",
            // Test tools.
            "junit-.*|surefire-.*|awaitility-.*",
            // This kit: servers and proxies are closed or shared; either way they say so themselves.
            "testkit-output-.*|testkit-shutdown",
            // Netty's own housekeeper ends by itself when it has been idle for a while.
            "globalEventExecutor-.*");

    private static final Set<String> JDK_THREADS =
            Set.of("jdk.internal.misc.InnocuousThread", "jdk.internal.misc.CarrierThread");

    /** The group of the threads that run virtual threads, and of the one that wakes them up. */
    private static final String CARRIERS = "CarrierThreads";

    /** What is remembered of a class from its beginning to its end. */
    private record Watch(Set<Thread> before, UncaughtExceptions exceptions, Pattern allowed) {}

    @Override
    public void beforeAll(ExtensionContext context) {
        String allowed = annotation(context.getRequiredTestClass())
                .map(annotation -> Stream.concat(Stream.of(RESIDENTS), Arrays.stream(annotation.except()))
                        .collect(Collectors.joining("|")))
                .orElse(RESIDENTS);
        Watch watch = new Watch(threads(), UncaughtExceptions.listen(), Pattern.compile(allowed));
        context.getStore(NAMESPACE).put(context.getRequiredTestClass(), watch);
    }

    /** Of the class or, for a nested one, of the nearest class around it. */
    private static Optional<NoLeaks> annotation(Class<?> testClass) {
        for (@Nullable Class<?> type = testClass; type != null; type = type.getEnclosingClass()) {
            Optional<NoLeaks> found = AnnotationSupport.findAnnotation(type, NoLeaks.class);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        Watch watch = watch(context);
        if (watch != null) {
            watch.exceptions().failIfAny("a thread died of an exception during " + context.getDisplayName());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        Watch watch = context.getStore(NAMESPACE).remove(context.getRequiredTestClass(), Watch.class);
        if (watch == null) {
            return;
        }
        List<Thread> left = awaitEnd(watch);
        watch.exceptions().stop();
        watch.exceptions()
                .failIfAny("a thread died of an exception before or after the tests of "
                        + context.getRequiredTestClass().getSimpleName());
        if (!left.isEmpty()) {
            throw new AssertionError(context.getRequiredTestClass().getSimpleName() + " left " + left.size()
                    + " thread(s) behind, " + PATIENCE.toSeconds() + " s after its end:"
                    + left.stream().map(NoLeaksExtension::describe).collect(Collectors.joining()));
        }
    }

    private static Watch watch(ExtensionContext context) {
        return context.getStore(NAMESPACE).get(context.getRequiredTestClass(), Watch.class);
    }

    private static List<Thread> awaitEnd(Watch watch) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        List<Thread> left = leaked(watch);
        while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
            try {
                left.get(0).join(POLL_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return left;
            }
            left = leaked(watch);
        }
        return left;
    }

    private static List<Thread> leaked(Watch watch) {
        List<Thread> left = new ArrayList<>(threads());
        left.removeIf(thread -> watch.before().contains(thread)
                || thread == Thread.currentThread()
                || isOfTheJdk(thread)
                || watch.allowed().matcher(thread.getName()).matches());
        return left;
    }

    /** By kind and not by name: the first ForkJoinPool of a program names its threads as the pool of virtual threads does. */
    private static boolean isOfTheJdk(Thread thread) {
        ThreadGroup group = thread.getThreadGroup();
        return JDK_THREADS.contains(thread.getClass().getName())
                || (group != null && group.getName().equals(CARRIERS));
    }

    private static Set<Thread> threads() {
        return Set.copyOf(Thread.getAllStackTraces().keySet());
    }

    private static String describe(Thread thread) {
        return "\n  " + thread.getName() + (thread.isDaemon() ? " (daemon)" : "") + " " + thread.getState()
                + Arrays.stream(thread.getStackTrace())
                        .limit(12)
                        .map(frame -> "\n      at " + frame)
                        .collect(Collectors.joining());
    }
}
