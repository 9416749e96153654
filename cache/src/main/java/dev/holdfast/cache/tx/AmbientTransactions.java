package dev.holdfast.cache.tx;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The transactions that a framework binds to threads, such as Spring's or Jakarta's: gives each one its {@link Invalidations}.
 *
 * <p>Thread-safe. Holds the invalidations of a transaction until the framework reports its end.
 */
public final class AmbientTransactions {
    private final Supplier<? extends @Nullable Object> current;
    private final Consumer<? super TransactionEnd> onEnd;
    private final Map<Object, Invalidations> open = new ConcurrentHashMap<>();

    private AmbientTransactions(Supplier<? extends @Nullable Object> current, Consumer<? super TransactionEnd> onEnd) {
        this.current = Objects.requireNonNull(current, "current");
        this.onEnd = Objects.requireNonNull(onEnd, "onEnd");
    }

    /**
     * Describes a framework by what it has for every transaction.
     *
     * @param current an object that stands for the transaction of the calling thread, the same and equal to no other's while
     *     the transaction lasts; null if there is none
     * @param onEnd asks the framework to report the end of that transaction; called once per transaction, on its thread
     * @return the transactions
     */
    public static AmbientTransactions of(
            Supplier<? extends @Nullable Object> current, Consumer<? super TransactionEnd> onEnd) {
        return new AmbientTransactions(current, onEnd);
    }

    /**
     * The invalidations of the transaction this thread is in.
     *
     * @return the same for every call in that transaction; null outside of one
     */
    public @Nullable Invalidations current() {
        Object transaction = current.get();
        if (transaction == null) {
            return null;
        }
        Invalidations known = open.get(transaction);
        if (known != null) {
            return known;
        }
        // A transaction belongs to one thread at a time, so nobody else creates this one meanwhile.
        Invalidations created = Invalidations.begin();
        open.put(transaction, created);
        boolean registered = false;
        try {
            onEnd.accept(new Forgetting(transaction, created));
            registered = true;
        } finally {
            if (!registered) {
                open.remove(transaction, created);
            }
        }
        return created;
    }

    /**
     * Whether this thread is in a transaction.
     *
     * @return true if {@link #current()} would not be null
     */
    public boolean isActive() {
        return current.get() != null;
    }

    /**
     * Whether the transaction this thread is in has added an invalidation. Unlike {@link #current()} this asks the framework to
     * report nothing.
     *
     * @return true if it has, so that it may see rows that nobody else sees
     */
    public boolean hasChanged() {
        Object transaction = current.get();
        Invalidations known = transaction == null ? null : open.get(transaction);
        return known != null && !known.isEmpty();
    }

    /** How many transactions have invalidations and have not ended. */
    int openCount() {
        return open.size();
    }

    private final class Forgetting implements TransactionEnd {
        private final Object transaction;
        private final Invalidations invalidations;

        Forgetting(Object transaction, Invalidations invalidations) {
            this.transaction = transaction;
            this.invalidations = invalidations;
        }

        @Override
        public void afterCommit() {
            open.remove(transaction, invalidations);
            invalidations.afterCommit();
        }

        @Override
        public void afterRollback() {
            open.remove(transaction, invalidations);
            invalidations.afterRollback();
        }
    }
}
