package dev.holdfast.batch.watch;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A query that should not be as it is.
 *
 * <p>Immutable. Holds no parameter of a query: those may be secret.
 *
 * @param kind what is wrong
 * @param certainty how sure that is
 * @param scope the name of the {@link QueryScope}, or {@code connection} outside of any
 * @param query the query's text, its literals and lists replaced by {@code ?}
 * @param queryId a short name of {@code query} that is the same in each run
 * @param callSite the application's frames that ran it, innermost first; empty where the mode does not look
 * @param executions how often it ran so far, 1 for a single slow or unbounded one
 * @param rows rows read, −1 where not known
 * @param total time that the executions took together
 * @param parent the query whose result the parameters came from, null where not known
 * @param remedy what to do about it
 */
public record QueryFinding(
        Kind kind,
        Certainty certainty,
        String scope,
        String query,
        String queryId,
        List<String> callSite,
        long executions,
        long rows,
        Duration total,
        @Nullable String parent,
        String remedy) {

    /** What is wrong with a query. */
    public enum Kind {
        /** One query per row of another one's result. */
        N_PLUS_ONE("n+1"),
        /** It took longer than allowed. */
        SLOW("slow"),
        /** More rows were read from it than allowed. */
        UNBOUNDED("unbounded");

        private final String tag;

        Kind(String tag) {
            this.tag = tag;
        }

        /**
         * The name of this kind in metrics and messages.
         *
         * @return in lower case
         */
        public String tag() {
            return tag;
        }
    }

    /** Copies the call site. */
    public QueryFinding {
        callSite = List.copyOf(callSite);
    }

    /** What a developer wants to read. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(kind.tag());
        if (certainty == Certainty.SUSPECTED) {
            text.append(" (suspected)");
        }
        text.append(" in ").append(scope).append(": ");
        if (kind == Kind.N_PLUS_ONE) {
            text.append(executions).append(" executions, ");
        }
        if (kind == Kind.UNBOUNDED) {
            text.append(rows).append(" rows, ");
        }
        text.append(total.toNanos() / 1_000).append(" µs: ").append(query);
        if (parent != null) {
            text.append("\n  one for each row of: ").append(parent);
        }
        for (String frame : callSite) {
            text.append("\n  at ").append(frame);
        }
        return text.append("\n  remedy: ").append(remedy).toString();
    }
}
