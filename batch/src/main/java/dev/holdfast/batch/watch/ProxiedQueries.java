package dev.holdfast.batch.watch;

import dev.holdfast.core.jdbc.StatementEvent;
import dev.holdfast.core.jdbc.StatementKind;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.proxy.ParameterSetOperation;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a {@link QueryWatch} from a data source that datasource-proxy observes already.
 *
 * <p>Register it with {@code ProxyDataSourceBuilder.listener}. What datasource-proxy does not tell is missing: rows, so that no
 * query is found unbounded, and values, so that no N+1 is certain. Needs {@code net.ttddyy:datasource-proxy}, an optional
 * dependency. Thread-safe.
 */
public final class ProxiedQueries implements QueryExecutionListener {
    private static final Set<String> NULLS = Set.of("setNull", "registerOutParameter");

    private final QueryWatch watch;
    private final int source;

    /**
     * Makes a listener for one data source.
     *
     * @param watch whom to feed
     */
    public ProxiedQueries(QueryWatch watch) {
        this.watch = watch;
        this.source = watch.nextSource();
    }

    @Override
    public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

    @Override
    public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {
        if (QueryWatch.isPaused() || queries.isEmpty()) {
            return;
        }
        String sql = queries.get(0).getQuery();
        long now = System.nanoTime();
        watch.ended(
                source,
                new Object(),
                sql,
                StatementKind.of(sql),
                execution.isBatch(),
                binds(queries.get(0)),
                execution.getElapsedTime() * 1_000_000,
                !execution.isSuccess(),
                watch.logs(connection(execution), now),
                now);
    }

    private static long connection(ExecutionInfo execution) {
        String id = execution.getConnectionId();
        return id == null ? 0 : id.hashCode();
    }

    private static List<List<@Nullable Object>> binds(QueryInfo query) {
        List<List<@Nullable Object>> rows = new ArrayList<>();
        for (List<ParameterSetOperation> operations : query.getParametersList()) {
            List<@Nullable Object> row = new ArrayList<>(operations.size());
            for (ParameterSetOperation operation : operations) {
                row.add(value(operation.getMethod(), operation.getArgs()));
            }
            rows.add(row);
        }
        return rows;
    }

    private static @Nullable Object value(Method setter, Object[] arguments) {
        if (NULLS.contains(setter.getName()) || arguments.length < 2) {
            return null;
        }
        Object value = arguments[1];
        boolean consumed = value instanceof java.io.InputStream || value instanceof java.io.Reader;
        return consumed ? StatementEvent.UNREAD : value;
    }
}
