/**
 * Loads that look like one by one and go out in batches: {@link dev.holdfast.batch.BatchLoader}, {@link
 * dev.holdfast.batch.BatchScope}.
 *
 * <p>Read top down: a {@code BatchLoader} finds the {@code Dispatcher} of the scope, or its own outside scopes. That puts an {@code
 * Entry} per key into the loader's {@code Lane} of the {@code LoadQueue}, which is cut into {@code Batch}es when the {@code Crew} says
 * that nobody can add more. Who waits does so in the {@code Pump}, as a {@code Waiter}, and runs what is due; {@code BatchRun} calls the
 * function and checks what it returns. {@code Binding} knows for which scope a thread works, {@code Participant} whether others have to
 * wait for it, and {@code StallWatch} helps out when they would wait too long.
 *
 * <p>Locks: one per dispatcher, never held while user code runs, and never two at a time. Batches run on the threads of callers that wait; on
 * {@code holdfast-batch-*} threads if nobody does. {@code holdfast-batch-timer} watches the time and runs nothing else.
 */
@NullMarked
package dev.holdfast.batch;

import org.jspecify.annotations.NullMarked;
