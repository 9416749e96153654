package dev.holdfast.cache.jooq;

/** Leaves a load whose result must not be stored; whoever waited for it asks the database for itself. */
final class Uncacheable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Uncacheable(String why) {
        super(why, null, false, false);
    }
}
