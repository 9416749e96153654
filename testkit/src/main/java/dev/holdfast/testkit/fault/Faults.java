package dev.holdfast.testkit.fault;

/** What is wrong with the network at the moment; times in nanoseconds. */
record Faults(
        long delayToServer,
        long delayToClient,
        long bytesPerSecond,
        boolean cutToServer,
        boolean cutToClient,
        boolean swallowReplies,
        boolean refuseNew) {

    static final Faults NONE = new Faults(0, 0, Long.MAX_VALUE, false, false, false, false);

    Faults withDelay(long toServer, long toClient) {
        return new Faults(toServer, toClient, bytesPerSecond, cutToServer, cutToClient, swallowReplies, refuseNew);
    }

    Faults withBytesPerSecond(long rate) {
        return new Faults(delayToServer, delayToClient, rate, cutToServer, cutToClient, swallowReplies, refuseNew);
    }

    Faults withCut(boolean toServer, boolean toClient) {
        return new Faults(
                delayToServer,
                delayToClient,
                bytesPerSecond,
                cutToServer || toServer,
                cutToClient || toClient,
                swallowReplies,
                refuseNew);
    }

    Faults withSwallowReplies(boolean swallow) {
        return new Faults(delayToServer, delayToClient, bytesPerSecond, cutToServer, cutToClient, swallow, refuseNew);
    }

    Faults withRefuseNew() {
        return new Faults(delayToServer, delayToClient, bytesPerSecond, cutToServer, cutToClient, swallowReplies, true);
    }

    boolean isLimited() {
        return bytesPerSecond != Long.MAX_VALUE;
    }

    /** A connection needs both directions to come about. */
    boolean blocksConnecting() {
        return cutToServer || cutToClient;
    }
}
