package dev.holdfast.examples.storefront;

import java.util.concurrent.atomic.LongAdder;
import org.jooq.ExecuteContext;
import org.jooq.ExecuteListener;

/** Counts every statement that jOOQ sends to the database. */
final class StatementCounter implements ExecuteListener {
    private final transient LongAdder sent = new LongAdder();

    @Override
    public void executeStart(ExecuteContext context) {
        sent.increment();
    }

    /** The statements sent so far. */
    long count() {
        return sent.sum();
    }
}
