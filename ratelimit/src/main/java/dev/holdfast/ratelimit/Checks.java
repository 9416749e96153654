package dev.holdfast.ratelimit;

import dev.holdfast.core.Ticker;
import dev.holdfast.core.redis.RedisException;
import dev.holdfast.core.redis.RedisLink;
import dev.holdfast.core.redis.RedisOperation;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends checks to Redis: one call per subject at a time, and whoever asks meanwhile shares the next one.
 *
 * <p>Merging loses nothing: checks of one cost that are executed together are granted as often as the cost fits, first come
 * first served, as if they were executed one after the other. No call is ever sent again. Thread-safe.
 */
final class Checks {
    /** What the limiter makes of answers. */
    interface Judge {
        /** Redis answered; called once per call. */
        void answered(Line line, Answer answer);

        /** Redis did not answer. */
        Decision failed(ActivePlan plan, Subject subject, long cost, boolean possiblyCharged);

        /** A check that did not wait for its answer is decided. */
        Decision told(ActivePlan plan, Subject subject, Decision decision, long arrived);

        /** How many more times the cost may be taken ahead of demand. */
        long ahead(ActivePlan plan, Subject subject, long cost);
    }

    private final RedisLink link;
    private final Ticker ticker;
    private final Duration timeout;
    private final long timeoutNanos;
    /** So long checks wait for a call in flight before they go on their own. */
    private final long patienceNanos;

    private final Judge judge;

    Checks(RedisLink link, Ticker ticker, Duration timeout, Judge judge) {
        this.link = link;
        this.ticker = ticker;
        this.timeout = timeout;
        this.timeoutNanos = timeout.toNanos();
        this.patienceNanos = timeoutNanos / 4;
        this.judge = judge;
    }

    /**
     * Takes permits and waits for the answer.
     *
     * @throws RedisException if there is none
     */
    Decision take(ActivePlan plan, Subject subject, long cost, long now) {
        Line line = new Line(plan, subject);
        while (true) {
            Line there = plan.lines().putIfAbsent(subject, line);
            if (there == null) {
                return lead(line, cost, now);
            }
            Turn turn = new Turn(cost, now);
            switch (there.join(turn)) {
                case QUEUED -> {
                    return await(there, turn);
                }
                case FULL -> {
                    return judge.failed(plan, subject, cost, false);
                }
                case CLOSED -> plan.lines().remove(subject, there);
            }
        }
    }

    /** Takes permits; completes with what {@link Judge#told} makes of the decision. */
    Turn takeAsync(ActivePlan plan, Subject subject, long cost, long now) {
        Line line = new Line(plan, subject);
        Turn turn = new Turn(cost, now);
        while (true) {
            Line there = plan.lines().putIfAbsent(subject, line);
            if (there == null) {
                turn.sent = true;
                start(line, turn);
                return turn;
            }
            switch (there.join(turn)) {
                case QUEUED -> {
                    if (now - there.oldest(now) > patienceNanos) {
                        start(there, there.takeOff());
                    }
                    return turn;
                }
                case FULL -> {
                    finish(there, turn, judge.failed(plan, subject, cost, false));
                    return turn;
                }
                case CLOSED -> plan.lines().remove(subject, there);
            }
        }
    }

    private Decision lead(Line line, long cost, long now) {
        Call call = new Call(line, null, cost, 1, now);
        byte[] reply;
        try {
            reply = Objects.requireNonNull(link.call(timeout, call));
        } catch (RuntimeException e) {
            if (!call.watched) {
                call.accept(null, e);
            }
            throw e;
        }
        Answer answer = call.answer(reply);
        judge.answered(line, answer);
        return answer.decision(0);
    }

    private Decision await(Line line, Turn turn) {
        try {
            try {
                return turn.get(patienceNanos, TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (!turn.sent) {
                    start(line, line.takeOff());
                }
                long left = Math.max(0, timeoutNanos - (ticker.read() - turn.arrived));
                return turn.get(left, TimeUnit.NANOSECONDS);
            }
        } catch (TimeoutException e) {
            return giveUp(line, turn);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return giveUp(line, turn);
        } catch (ExecutionException e) {
            throw new IllegalStateException("turns complete normally", e);
        }
    }

    private Decision giveUp(Line line, Turn turn) {
        boolean possiblyCharged = !line.withdraw(turn);
        if (!turn.isDone()) {
            turn.complete(judge.failed(line.plan, line.subject, turn.cost, possiblyCharged));
        }
        return turn.join(); // Which may be an answer that came just now.
    }

    /** Sends those who wait, as one call. */
    private void start(Line line, @Nullable Turn turns) {
        if (turns == null) {
            return;
        }
        long now = ticker.read();
        long left = timeoutNanos - (now - turns.arrived);
        int count = 0;
        for (Turn turn = turns; turn != null; turn = turn.next) {
            count++;
        }
        Call call = new Call(line, turns, turns.cost, count, now);
        var unused = link.callAsync(Duration.ofNanos(left), call).whenComplete(call::landed);
    }

    private void finish(Line line, Turn turn, Decision decision) {
        if (!turn.isDone()) {
            turn.complete(judge.told(line.plan, line.subject, decision, turn.arrived));
        }
    }

    private void refuseAll(Line line, @Nullable Turn turns, boolean possiblyCharged) {
        for (Turn turn = turns; turn != null; turn = turn.next) {
            if (!turn.isDone()) {
                finish(line, turn, judge.failed(line.plan, line.subject, turn.cost, possiblyCharged));
            }
        }
    }

    /** What Redis answered to one call about one key. */
    static final class Answer {
        final ActivePlan plan;
        final long cost;
        /** How often the cost was granted. */
        final long granted;
        /** How many checks that was for; what was granted beyond is leased. */
        final int checks;
        /** By the limiter's clock. */
        final long asked;

        final long answered;
        final long lead;
        final long[] state;
        /** For whoever was refused. */
        final long wait;
        /** Microseconds for which the subject is blocked by a penalty; 0 if it is not. */
        final long blocked;

        Answer(ActivePlan plan, long cost, int checks, long asked, long answered, ByteBuffer reply) {
            this(plan, cost, checks, asked, answered, Algorithm.get7(reply), Algorithm.get7(reply), reply);
        }

        Answer(
                ActivePlan plan,
                long cost,
                int checks,
                long asked,
                long answered,
                long granted,
                long clock,
                ByteBuffer reply) {
            this.plan = plan;
            this.cost = cost;
            this.checks = checks;
            this.asked = asked;
            this.answered = answered;
            this.granted = granted;
            this.state = plan.terms().decode(reply);
            this.blocked = plan.punishes() ? Algorithm.get7(reply) : 0;
            this.lead = state[0] - clock;
            this.wait = granted >= checks ? 0 : plan.terms().waitMicros(state, cost);
        }

        /** Microseconds until what was refused may be asked for again. */
        long waitMicros() {
            return wait == Algorithm.NEVER ? wait : Math.max(blocked, lead + wait);
        }

        /** Who refused. */
        Decision.Source refuser() {
            return blocked > 0 ? Decision.Source.PENALTY : Decision.Source.REDIS;
        }

        /** The decision for one of the checks, in order. */
        Decision decision(int index) {
            boolean allowed = index < granted;
            return new Decision(
                    allowed ? Decision.Source.REDIS : refuser(),
                    plan,
                    plan.terms(),
                    cost,
                    allowed ? cost : 0,
                    false,
                    lead,
                    allowed ? 0 : waitMicros(),
                    state,
                    allowed ? (Math.min(granted, checks) - 1 - index) * cost : 0);
        }
    }

    /** One call to Redis, for one check that waits for it itself, or for several turns. */
    private final class Call implements RedisOperation<byte[]>, BiConsumer<byte @Nullable [], @Nullable Throwable> {
        private final Line line;
        private final @Nullable Turn turns;
        private final long cost;
        private final int checks;
        private long asked;
        boolean watched;

        Call(Line line, @Nullable Turn turns, long cost, int checks, long asked) {
            this.line = line;
            this.turns = turns;
            this.cost = cost;
            this.checks = checks;
            this.asked = asked;
        }

        @Override
        public CompletionStage<byte[]> send(RedisClusterAsyncCommands<byte[], byte[]> commands) {
            long ahead = judge.ahead(line.plan, line.subject, cost);
            CompletionStage<byte[]> stage = CheckScript.run(
                    commands,
                    line.keys,
                    CheckScript.head(CheckScript.TAKE, cost, checks + ahead, ahead),
                    line.plan.encoded());
            if (turns == null) {
                watched = true;
                stage.whenComplete(this);
            }
            return stage;
        }

        Answer answer(byte[] reply) {
            return new Answer(line.plan, cost, checks, asked, ticker.read(), CheckScript.reply(reply));
        }

        /** The leader's call is answered: on an I/O thread, while the leader itself wakes up. */
        @Override
        public void accept(byte @Nullable [] reply, @Nullable Throwable failure) {
            if (failure == null || gaveUpEarly(failure)) {
                start(line, line.landed());
            } else {
                refuseAll(line, line.crashed(), false);
            }
        }

        /** Whether the leader was interrupted, which says nothing of Redis. */
        private boolean gaveUpEarly(Throwable failure) {
            return failure instanceof CancellationException && ticker.read() - asked < timeoutNanos - timeoutNanos / 8;
        }

        /** The call for the turns is answered: first sends the next, then tells them. */
        void landed(byte @Nullable [] reply, @Nullable Throwable failure) {
            if (failure != null || reply == null) {
                Turn others = line.crashed();
                refuseAll(line, turns, possiblyCharged(failure));
                refuseAll(line, others, false);
                return;
            }
            start(line, line.landed());
            Answer answer = answer(reply);
            judge.answered(line, answer);
            int index = 0;
            for (Turn turn = turns; turn != null; turn = turn.next) {
                finish(line, turn, answer.decision(index++));
            }
        }
    }

    static boolean possiblyCharged(@Nullable Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return !(cause instanceof RedisException e) || e.possiblyExecuted();
    }
}
