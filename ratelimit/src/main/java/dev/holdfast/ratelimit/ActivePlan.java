package dev.holdfast.ratelimit;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** A plan under the name by which requests ask for it; a new one each time the plan of that name is changed. */
final class ActivePlan {
    private final String name;
    private final Plan plan;
    private final String scope;
    private final byte[] keyPrefix;
    private final byte @Nullable [] blockPrefix;

    /** Checks that are under way; who asks for the same subject meanwhile joins. */
    private final ConcurrentHashMap<Subject, Line> lines = new ConcurrentHashMap<>();

    /** Made when first needed; a race makes it twice. */
    private volatile @Nullable Share share;

    /** Set by the tally; a race sets equal ones. */
    private volatile Tally.@Nullable Counters counters;

    private record Share(int nodes, Terms terms) {}

    ActivePlan(String name, Plan plan, String keyPrefix) {
        String given = plan.givenScope();
        this.name = name;
        this.plan = plan;
        this.scope = given == null ? name : given;
        this.keyPrefix = (keyPrefix + scope + ":").getBytes(StandardCharsets.ISO_8859_1);
        this.blockPrefix =
                plan.penalty() == null ? null : (keyPrefix + scope + ":block:").getBytes(StandardCharsets.ISO_8859_1);
    }

    String name() {
        return name;
    }

    Plan plan() {
        return plan;
    }

    /** Where its counters live; plans may share one. */
    String scope() {
        return scope;
    }

    Terms terms() {
        return plan.terms();
    }

    ConcurrentHashMap<Subject, Line> lines() {
        return lines;
    }

    /** What one of so many nodes may grant alone. */
    Terms share(int nodes) {
        Share made = share;
        if (made == null || made.nodes != nodes) {
            made = new Share(nodes, terms().share(nodes));
            share = made;
        }
        return made.terms;
    }

    /** What a check sends beside the keys. */
    byte[] encoded() {
        return plan.encoded();
    }

    /** Where its checks are counted; null before the first one. */
    Tally.@Nullable Counters counters() {
        return counters;
    }

    void counters(Tally.@Nullable Counters made) {
        counters = made;
    }

    /** Whether refusals are punished. */
    boolean punishes() {
        return plan.penalty() != null;
    }

    /** The keys that a check of the subject names: its own, then that of its penalty if there is one. */
    byte[][] keys(Subject subject) {
        return blockPrefix == null
                ? new byte[][] {key(subject)}
                : new byte[][] {key(subject), joined(blockPrefix, subject.encoded())};
    }

    /** The subject's key. */
    byte[] key(Subject subject) {
        return joined(keyPrefix, subject.encoded());
    }

    private static byte[] joined(byte[] prefix, byte[] end) {
        byte[] key = new byte[prefix.length + end.length];
        System.arraycopy(prefix, 0, key, 0, prefix.length);
        System.arraycopy(end, 0, key, prefix.length, end.length);
        return key;
    }

    @Override
    public String toString() {
        return name + " " + plan;
    }
}
