package dev.holdfast.batch;

/**
 * Counters of one loader since it was built; taken without a lock, so they may be a few counts apart.
 *
 * @param loads keys that callers asked for
 * @param hits those that a scope's cache answered at once
 * @param batches calls of the batch function that ended, attempts included
 * @param keys keys handed to it, those tried again included
 * @param failures keys that ended in a failure
 * @param retries keys that were tried again
 * @param timeouts batches given up because they took too long
 * @param nanos time spent in the batch function
 */
public record BatchStats(
        long loads, long hits, long batches, long keys, long failures, long retries, long timeouts, long nanos) {

    /**
     * How many keys a call of the batch function carries.
     *
     * @return the mean; 0 if there was none yet
     */
    public double meanBatchSize() {
        return batches == 0 ? 0 : (double) keys / batches;
    }
}
