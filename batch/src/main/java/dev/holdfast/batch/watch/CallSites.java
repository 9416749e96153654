package dev.holdfast.batch.watch;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Reads the application's frames from the stack of the thread that runs a query.
 *
 * <p>Innermost first, at most {@value #MAXIMUM_FRAMES}; frames of the JDK, of drivers, of pools and of the usual frameworks are
 * left out, and so is a frame that was seen before, which makes the levels of a recursion one site. Reading ends where a
 * thread pool or a stream took over: what stands beneath differs between the threads of one loop.
 */
final class CallSites {
    static final int MAXIMUM_FRAMES = 8;

    private static final StackWalker WALKER = StackWalker.getInstance();
    private static final List<String> LIBRARIES = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "com.sun.",
            "dev.holdfast.core.",
            "dev.holdfast.pool.",
            "dev.holdfast.cache.",
            "dev.holdfast.batch.",
            "com.zaxxer.hikari.",
            "org.jooq.",
            "org.hibernate.",
            "org.eclipse.persistence.",
            "org.springframework.",
            "org.apache.ibatis.",
            "org.jdbi.",
            "org.junit.",
            "jakarta.",
            "kotlin.",
            "kotlinx.",
            "net.ttddyy.",
            "io.micrometer.",
            "io.quarkus.",
            "io.micronaut.");
    private static final List<String> TAKING_OVER =
            List.of("java.util.stream.", "java.util.concurrent.", "java.lang.Thread", "java.lang.VirtualThread");
    private static final String INLINE = "java.util.concurrent.ConcurrentHashMap";

    private final List<String> ours;

    CallSites(List<String> ours) {
        this.ours = List.copyOf(ours);
    }

    List<String> capture() {
        return WALKER.walk(this::frames);
    }

    private List<String> frames(Stream<StackWalker.StackFrame> stack) {
        List<String> frames = new ArrayList<>(MAXIMUM_FRAMES);
        Iterator<StackWalker.StackFrame> walk = stack.iterator();
        while (walk.hasNext() && frames.size() < MAXIMUM_FRAMES) {
            StackWalker.StackFrame frame = walk.next();
            String name = frame.getClassName();
            if (isApplication(name)) {
                String text = name + "." + frame.getMethodName() + ":" + frame.getLineNumber();
                if (!frames.contains(text)) {
                    frames.add(text);
                }
            } else if (!frames.isEmpty() && takesOver(name)) {
                break;
            }
        }
        return frames;
    }

    private boolean isApplication(String name) {
        if (!ours.isEmpty()) {
            return startsWithAny(name, ours);
        }
        return !startsWithAny(name, LIBRARIES) && name.indexOf("$$") < 0;
    }

    private static boolean takesOver(String name) {
        return startsWithAny(name, TAKING_OVER) && !name.startsWith(INLINE);
    }

    private static boolean startsWithAny(String name, List<String> prefixes) {
        for (String prefix : prefixes) {
            if (name.startsWith(prefix)) {
                return true;
            }
        }
        return false;
    }
}
