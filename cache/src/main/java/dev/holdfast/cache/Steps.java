package dev.holdfast.cache;

/**
 * Points between two steps of the protocol, where a test can hold a thread and let others overtake it.
 *
 * <p>In production it does nothing. Every step lies on the miss or invalidation path, none on a tier-1 hit.
 */
@FunctionalInterface
interface Steps {
    Steps NONE = (step, key) -> {};

    /** The places; each is reported after what its name says has happened. */
    enum Step {
        FLIGHT_REGISTERED,
        TIER2_ANSWERED,
        TIER2_VALIDATED,
        LEASE_ANSWERED,
        BORN_READ,
        SOURCE_ANSWERED,
        BEFORE_FILL,
        INVALIDATION_FENCED,
        DELETED,
        MINTED,
        INVALIDATION_APPLIED,
        PUT_STAMPED,
        MESSAGE_ARRIVED,
        REPAIR_READ,
        REISSUE_STARTED
    }

    /** Called by the thread that takes the step; it may block there. The key is escaped, or empty where there is none. */
    void at(Step step, String key);

    /** Whether a thread is to be held there, so that what comes before and after it cannot be one step. */
    default boolean holds(Step step) {
        return false;
    }
}
