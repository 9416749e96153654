package dev.holdfast.batch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The participants of one dispatcher, and how many of them may still add keys. Guarded by the dispatcher's lock.
 *
 * <p>A participant is counted unless it waits, or a batch it ran was given up and it has not come back. {@code moves} changes with
 * everything that shows that somebody is alive.
 */
final class Crew {
    private final List<Participant> participants = new ArrayList<>();
    private int busy;
    private long moves;

    int busy() {
        return busy;
    }

    long moves() {
        return moves;
    }

    List<Participant> participants() {
        return participants;
    }

    void moved() {
        moves++;
    }

    void join(Participant participant) {
        participants.add(participant);
        busy++;
        moves++;
    }

    void depart(Participant participant) {
        setParked(participant, true, null);
        // Last in is mostly first out.
        int at = participants.lastIndexOf(participant);
        participants.set(at, participants.get(participants.size() - 1));
        participants.remove(participants.size() - 1);
        moves++;
    }

    void setParked(@Nullable Participant participant, boolean parked, @Nullable Waiter waiter) {
        if (participant == null) {
            return;
        }
        participant.waiter = waiter;
        if (participant.parked != parked) {
            participant.parked = parked;
            moves++;
            if (!participant.lost) {
                busy += parked ? -1 : 1;
            }
        }
    }

    void setLost(Participant participant, boolean lost) {
        if (participant.lost != lost) {
            participant.lost = lost;
            moves++;
            if (!participant.parked) {
                busy += lost ? -1 : 1;
            }
        }
    }
}
