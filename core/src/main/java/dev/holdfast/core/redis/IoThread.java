package dev.holdfast.core.redis;

import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.ThreadFactory;

/** A thread on which answers arrive or deadlines expire: whoever waits for an answer here waits for himself. */
final class IoThread extends FastThreadLocalThread {

    private IoThread(ThreadGroup group, Runnable task, String name) {
        super(group, task, name);
    }

    static ThreadFactory factory(String name) {
        return new DefaultThreadFactory(name, true) {
            @Override
            protected Thread newThread(Runnable task, String numbered) {
                return new IoThread(threadGroup, task, numbered);
            }
        };
    }

    /**
     * Refuses to block such a thread.
     *
     * @throws IllegalStateException on an I/O thread of any link
     */
    static void refuse() {
        if (Thread.currentThread() instanceof IoThread) {
            throw new IllegalStateException("a blocking call on an I/O thread of a Redis link would wait for itself:"
                    + " use callAsync there, or continue on an executor of your own");
        }
    }
}
