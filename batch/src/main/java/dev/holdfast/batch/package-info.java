/**
 * Loads that look like one by one and go out in batches: {@link dev.holdfast.batch.BatchLoader}, {@link
 * dev.holdfast.batch.BatchScope}.
 *
 * <p>Read top down: a {@code BatchLoader} finds the {@code Dispatcher} of the scope, or its own outside scopes. That queues an {@code
 * Entry} per key in the loader's {@code Lane}, decides when lanes are cut into {@code Batch}es, and which {@code Waiter} runs
 * them; {@code BatchRun} calls the function and checks what it returns. {@code Binding} knows for which scope a thread works,
 * {@code Participant} whether others have to wait for it, and {@code StallWatch} helps out when they would wait too long.
 *
 * <p>Locks: one per dispatcher, never held while user code runs, and never two at a time. Batches run on the threads of callers that wait; on
 * {@code holdfast-batch-*} threads if nobody does. {@code holdfast-batch-timer} watches the time and runs nothing else.
 */
@NullMarked
package dev.holdfast.batch;

import org.jspecify.annotations.NullMarked;
