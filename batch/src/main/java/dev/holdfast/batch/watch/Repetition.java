package dev.holdfast.batch.watch;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The executions of one query from one call site on one data source within a scope, and the verdict on them.
 *
 * <p>Executions with parameters that were seen before are retries or a missing cache, executions with a list of keys are batches:
 * neither counts. It is certain that a query runs once per row when one result gave the parameters of several executions; a
 * parent with one child each is a chain, and counts only if the parent is itself repeated so; a query whose own results give it
 * several children each walks a tree. Without a known origin it is suspected, unless it reads pages. Guarded by the lock of the {@link ScopeLog}.
 */
final class Repetition {
    private static final int MAXIMUM_BINDS = 1_000;

    /** What the executions so far amount to. */
    enum Verdict {
        NONE,
        SUSPECTED,
        CERTAIN
    }

    /**
     * What makes executions comparable.
     *
     * @param source the data source
     * @param query the normalised text
     * @param callSite the application's frames
     */
    record Key(int source, String query, List<String> callSite) {}

    private final Fingerprint fingerprint;
    private final List<String> callSite;
    private final int threshold;

    private final Set<List<@Nullable Object>> binds = new HashSet<>();
    private final Map<Object, Integer> children = new HashMap<>();
    private long executions;
    private long nanos;
    private int unknown;
    private Verdict verdict = Verdict.NONE;
    private @Nullable Object parent;

    Repetition(Fingerprint fingerprint, List<String> callSite, int threshold) {
        this.fingerprint = fingerprint;
        this.callSite = callSite;
        this.threshold = threshold;
    }

    /**
     * Counts an execution.
     *
     * @return whether the verdict became graver
     */
    boolean add(Execution execution, Origins origins, Map<Object, Repetition> members) {
        executions++;
        nanos += execution.nanos();
        List<@Nullable Object> row =
                execution.binds().isEmpty() ? List.of() : execution.binds().get(0);
        if (row.isEmpty() || binds.size() >= MAXIMUM_BINDS || !binds.add(row)) {
            return false;
        }
        if (row.stream().anyMatch(bind -> Origins.size(bind) > 1)) {
            return false;
        }
        boolean known = false;
        boolean written = false;
        for (Object bind : row) {
            if (bind != null) {
                for (Object token : origins.origins(bind)) {
                    if (token != execution.token()) {
                        children.merge(token, 1, Integer::sum);
                        known = true;
                    }
                }
                written |= origins.isWritten(bind);
            }
        }
        if (!known && !written) {
            unknown++;
        }
        Verdict now = judge(members);
        boolean graver = now.compareTo(verdict) > 0;
        if (graver) {
            verdict = now;
        }
        return graver;
    }

    private Verdict judge(Map<Object, Repetition> members) {
        if (verdict == Verdict.CERTAIN) {
            return verdict;
        }
        int ofRepeatedParents = 0;
        for (Map.Entry<Object, Integer> child : children.entrySet()) {
            Repetition group = members.get(child.getKey());
            if (child.getValue() >= threshold) {
                parent = child.getKey();
                return Verdict.CERTAIN;
            }
            if (group == this ? child.getValue() > 1 : group != null && group.verdict == Verdict.CERTAIN) {
                ofRepeatedParents += child.getValue();
                if (ofRepeatedParents >= threshold) {
                    parent = child.getKey();
                    return Verdict.CERTAIN;
                }
            }
        }
        return unknown >= threshold && !fingerprint.paging() ? Verdict.SUSPECTED : Verdict.NONE;
    }

    Verdict verdict() {
        return verdict;
    }

    Fingerprint fingerprint() {
        return fingerprint;
    }

    List<String> callSite() {
        return callSite;
    }

    long executions() {
        return executions;
    }

    long nanos() {
        return nanos;
    }

    /** The execution whose result gave the parameters. */
    @Nullable
    Object parent() {
        return parent;
    }
}
