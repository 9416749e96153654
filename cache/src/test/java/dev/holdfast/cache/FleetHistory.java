package dev.holdfast.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that happened in a run, in one order, and what may not have happened.
 *
 * <p>No clock takes part: moments are numbers of one counter, taken before a call begins and after it has returned. An
 * invalidation forbids the versions that were superseded when it began, on a member of the fleet from the moment on at which
 * that member is bound by it:
 *
 * <ul>
 *   <li>the member that issued it: when it returned, acknowledged or not (clause 1);
 *   <li>another: when it has applied the invalidation's stamp, provided that Redis lost nothing between (clause 2); once so, for
 *       good;
 *   <li>another, whatever it has applied: when its clock went on by more than {@code maxStale} after the invalidation was
 *       acknowledged (clause 4);
 *   <li>all: when the fleet was found in step again after faults, with every journal issued (what Redis may have lost).
 * </ul>
 *
 * <p>Clause 3 needs no rule of its own: a version that an older load put back is found by a later read. A put takes part as
 * an invalidation of all versions before it, and excuses its own version where it was not finished before an invalidation
 * began: puts are ordered by their stamps.
 */
final class FleetHistory {
    /** How far a member was when a read began. */
    record Position(String epoch, long applied, long losses) {}

    /** A read that returned a version; -1 for no value. */
    private record Read(
            int member, int key, long version, long newest, Position position, String how, long begun, long ended) {}

    /** What an invalidation is about. */
    record Scope(@Nullable Kind kind, List<String> texts) {
        boolean covers(int key, long version) {
            if (kind == null) {
                return true;
            }
            return switch (kind) {
                case KEY, SOFT_KEY -> texts.contains(VersionedSource.name(key));
                case PREFIX -> texts.stream().anyMatch(VersionedSource.name(key)::startsWith);
                case TAG, SOFT_TAG ->
                    !VersionedSource.absent(key, version) && texts.contains(VersionedSource.tag(key, version));
            };
        }
    }

    /** An invalidation that returned; the stamp is not below its own, and MAX_VALUE if nobody knows. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Invalidation(
            int member, Scope scope, long[] versions, boolean acknowledged, Position stamped, long begun, long ended) {
        boolean forbids(int key, long version) {
            return version < versions[key] && scope.covers(key, version);
        }
    }

    private record Put(int member, int key, long version, long begun, long ended) {}

    /** The fleet was in step at that moment, with the journals of these members issued. */
    private record InStep(
            List<Integer> members, boolean forgetsTheDead, String epoch, long losses, long covers, long at) {}

    private record Jump(int member, long losses, long at) {}

    private record Note(String text, long at) {}

    private final AtomicLong clock = new AtomicLong();
    private final Queue<Read> reads = new ConcurrentLinkedQueue<>();
    private final Queue<Invalidation> invalidations = new ConcurrentLinkedQueue<>();
    private final Queue<Put> puts = new ConcurrentLinkedQueue<>();
    private final Queue<InStep> inStep = new ConcurrentLinkedQueue<>();
    private final Queue<Jump> jumps = new ConcurrentLinkedQueue<>();
    private final Queue<Note> notes = new ConcurrentLinkedQueue<>();

    /** How often Redis has begun to lose something, and has been found in step again. */
    private volatile long losses;

    /** Whether Redis is set back to earlier states in this run: then what a member had applied may be undone. */
    private final boolean rollsBack;

    FleetHistory(boolean rollsBack) {
        this.rollsBack = rollsBack;
    }

    long now() {
        return clock.incrementAndGet();
    }

    /** Redis is about to lose something, or did and the fleet has got over it. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // Only the director calls it.
    void loss() {
        losses++;
    }

    long losses() {
        return losses;
    }

    void note(String text) {
        notes.add(new Note(text, now()));
    }

    void read(int member, int key, long version, long newest, Position position, String how, long begun) {
        reads.add(new Read(member, key, version, newest, position, how, begun, now()));
    }

    void invalidated(int member, Scope scope, long[] versions, boolean acknowledged, Position stamped, long begun) {
        invalidations.add(new Invalidation(member, scope, versions, acknowledged, stamped, begun, now()));
    }

    void put(int member, int key, long version, long begun) {
        puts.add(new Put(member, key, version, begun, now()));
    }

    void jumped(int member) {
        jumps.add(new Jump(member, losses, now()));
    }

    /**
     * The fleet is in step.
     *
     * @param forgetsTheDead whether Redis may have lost what a member that is not among these had been acknowledged
     */
    void inStep(List<Integer> members, boolean forgetsTheDead, String epoch, long covers) {
        inStep.add(new InStep(members, forgetsTheDead, epoch, losses, covers, now()));
    }

    int readCount() {
        return reads.size();
    }

    int invalidationCount() {
        return invalidations.size();
    }

    /** A read that broke the guarantee, with the events of its key that explain it; null if there is none. */
    @Nullable
    String violation() {
        List<Read> ordered =
                reads.stream().sorted(Comparator.comparingLong(Read::begun)).toList();
        Read worst = null;
        Invalidation broken = null;
        for (Invalidation invalidation : invalidations) {
            long[] applied = applied(invalidation, ordered);
            for (Read read : ordered) {
                if ((worst == null || read.ended < worst.ended)
                        && read.begun > invalidation.ended
                        && !allowed(read, invalidation)
                        && binds(invalidation, applied, read)) {
                    worst = read;
                    broken = invalidation;
                }
            }
        }
        return worst == null ? null : explain(worst, broken);
    }

    /** When each member was first seen to have applied an invalidation. */
    private static long[] applied(Invalidation invalidation, List<Read> ordered) {
        int members = 1 + ordered.stream().mapToInt(Read::member).max().orElse(0);
        long[] applied = new long[members];
        Arrays.fill(applied, Long.MAX_VALUE);
        if (invalidation.acknowledged && invalidation.stamped.applied != Long.MAX_VALUE) {
            for (Read read : ordered) {
                if (read.begun > invalidation.ended
                        && read.position.losses == invalidation.stamped.losses
                        && read.position.epoch.equals(invalidation.stamped.epoch)
                        && read.position.applied >= invalidation.stamped.applied) {
                    applied[read.member] = Math.min(applied[read.member], read.begun - 1);
                }
            }
        }
        return applied;
    }

    private boolean binds(Invalidation invalidation, long[] applied, Read read) {
        if (read.member == invalidation.member) {
            return true;
        }
        Position position = read.position;
        if (applied[read.member] < read.begun
                && (position.losses == invalidation.stamped.losses
                        || !rollsBack
                        || position.epoch.equals(invalidation.stamped.epoch))) {
            return true;
        }
        boolean jumped = invalidation.acknowledged
                && position.losses == invalidation.stamped.losses
                && jumps.stream()
                        .anyMatch(jump -> jump.member == read.member
                                && jump.losses == position.losses
                                && jump.at > invalidation.ended
                                && jump.at < read.begun);
        return jumped
                || inStep.stream()
                        .anyMatch(step -> step.covers > invalidation.ended
                                && step.at < read.begun
                                && (step.members.contains(invalidation.member)
                                        || (invalidation.acknowledged && !step.forgetsTheDead))
                                && (position.losses == step.losses
                                        || !rollsBack
                                        || (step.members.contains(read.member) && position.epoch.equals(step.epoch))));
    }

    private boolean allowed(Read read, Invalidation invalidation) {
        if (read.version >= 0) {
            return !invalidation.forbids(read.key, read.version) || excused(read.key, read.version, invalidation);
        }
        for (long version = read.newest; version >= 0; version--) {
            if (VersionedSource.absent(read.key, version) && !invalidation.forbids(read.key, version)) {
                return true; // Nobody knows which deleted row it was.
            }
        }
        return false;
    }

    private boolean excused(int key, long version, Invalidation invalidation) {
        return puts.stream()
                .anyMatch(put -> put.key == key && put.version == version && put.ended > invalidation.begun);
    }

    private record Line(long at, String text) {}

    @SuppressWarnings("ReferenceEquality") // This one invalidation, not one that looks like it.
    private String explain(Read read, @Nullable Invalidation broken) {
        int key = read.key;
        long from = invalidations.stream()
                .filter(each ->
                        each != broken && each.scope.covers(key, read.version) && each.versions[key] <= read.version)
                .mapToLong(Invalidation::begun)
                .max()
                .orElse(0);
        Stream<Line> lines = Stream.of(
                        reads.stream()
                                .filter(each -> each.key == key)
                                .map(each -> new Line(
                                        each.begun,
                                        "member " + each.member + " " + each.how + " -> " + each.version + "   (until "
                                                + each.ended + ", applied " + each.position.applied + ")")),
                        invalidations.stream()
                                .filter(each -> each.scope.kind == null
                                        || each.forbids(key, read.version)
                                        || each.scope.covers(key, each.versions[key]))
                                .map(each -> new Line(
                                        each.begun,
                                        "member " + each.member + " invalidates " + each.scope + " below "
                                                + each.versions[key] + "   (until " + each.ended + ", stamp "
                                                + each.stamped.applied + (each.acknowledged ? ")" : ", PENDING)"))),
                        puts.stream()
                                .filter(each -> each.key == key)
                                .map(each -> new Line(
                                        each.begun,
                                        "member " + each.member + " puts " + each.version + "   (until " + each.ended
                                                + ")")),
                        inStep.stream().map(each -> new Line(each.at, "in step: members " + each.members)),
                        jumps.stream().map(each -> new Line(each.at, "clock of member " + each.member + " jumps")),
                        notes.stream().map(each -> new Line(each.at, each.text)))
                .flatMap(each -> each);
        List<String> shown = new ArrayList<>(lines.filter(line -> line.at >= from - 60 && line.at <= read.ended)
                .sorted(Comparator.comparingLong(Line::at))
                .map(line -> line.at + "  " + line.text)
                .toList());
        int left = shown.size() - 80;
        if (left > 0) {
            shown.subList(0, left).clear();
            shown.add(0, "... " + left + " earlier");
        }
        return "key " + VersionedSource.name(key) + ": member " + read.member + " " + read.how + " at " + read.begun
                + " returned version " + read.version + ", which was forbidden by " + broken.scope + " below "
                + broken.versions[key] + " of member " + broken.member + " at " + broken.begun + ".." + broken.ended
                + "\n" + String.join("\n", shown);
    }
}
