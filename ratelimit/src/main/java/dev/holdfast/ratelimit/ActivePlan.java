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

    /** Checks that are under way; who asks for the same subject meanwhile joins. */
    private final ConcurrentHashMap<Subject, Line> lines = new ConcurrentHashMap<>();

    /** Made when first needed; a race makes it twice. */
    private volatile @Nullable Share share;

    private record Share(int nodes, Terms terms) {}

    ActivePlan(String name, Plan plan, String keyPrefix) {
        String given = plan.givenScope();
        this.name = name;
        this.plan = plan;
        this.scope = given == null ? name : given;
        this.keyPrefix = (keyPrefix + scope + ":").getBytes(StandardCharsets.ISO_8859_1);
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

    /** The subject's key. */
    byte[] key(Subject subject) {
        byte[] end = subject.encoded();
        byte[] key = new byte[keyPrefix.length + end.length];
        System.arraycopy(keyPrefix, 0, key, 0, keyPrefix.length);
        System.arraycopy(end, 0, key, keyPrefix.length, end.length);
        return key;
    }

    @Override
    public String toString() {
        return name + " " + plan;
    }
}
