package dev.holdfast.core;

import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes the threads of the suite: named, daemon, and virtual for blocking work where the JVM has them.
 *
 * <p>The only place that reaches for virtual threads, by reflection, since the suite compiles for Java 17.
 */
public final class Threads {
    private Threads() {}

    /**
     * Whether this JVM has virtual threads.
     *
     * @return true on Java 21 and later
     */
    public static boolean virtualThreadsAvailable() {
        return Runtime.version().feature() >= 21;
    }

    /**
     * A factory of platform daemon threads.
     *
     * @param name their name; a number is appended from the second thread on
     * @return the factory; thread-safe
     */
    public static ThreadFactory daemon(String name) {
        AtomicInteger count = new AtomicInteger();
        return task -> {
            int n = count.incrementAndGet();
            Thread thread = new Thread(task, n == 1 ? name : name + "-" + n);
            thread.setDaemon(true);
            return thread;
        };
    }

    /**
     * An executor for tasks that block: a virtual thread each where the JVM has them, otherwise cached daemon threads.
     *
     * <p>It does not bound the number of tasks; whoever submits does.
     *
     * @param name prefix of the thread names
     * @return the executor; the caller closes it
     */
    public static ExecutorService blocking(String name) {
        if (virtualThreadsAvailable()) {
            try {
                return virtual(name);
            } catch (ReflectiveOperationException e) {
                throw new HoldfastException("Java " + Runtime.version() + " refused to make virtual threads", e);
            }
        }
        return Executors.newCachedThreadPool(daemon(name));
    }

    private static ExecutorService virtual(String name) throws ReflectiveOperationException {
        Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
        Class<?> type = Class.forName("java.lang.Thread$Builder");
        Method named = type.getMethod("name", String.class, long.class);
        Object factory = type.getMethod("factory").invoke(named.invoke(builder, name + "-", 0L));
        Method executor = Executors.class.getMethod("newThreadPerTaskExecutor", ThreadFactory.class);
        return (ExecutorService) executor.invoke(null, factory);
    }
}
