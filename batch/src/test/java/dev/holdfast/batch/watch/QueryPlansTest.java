package dev.holdfast.batch.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.batch.watch.QueryPlans.Plan;
import dev.holdfast.testkit.junit.Servers;
import dev.holdfast.testkit.postgres.PostgresDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@Servers
class QueryPlansTest {
    private QueryPlans plans;

    @BeforeEach
    void createTables(PostgresDatabase database) throws SQLException {
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute("drop table if exists large, small");
            statement.execute(
                    "create table large as select n as id, 'name ' || n as name from generate_series(1, 20000) n");
            statement.execute("create table small as select n as id from generate_series(1, 10) n");
            statement.execute("alter table large add primary key (id)");
            statement.execute("analyze large");
            statement.execute("analyze small");
        }
        plans = QueryPlans.of(database.dataSource(), 10_000, Duration.ofSeconds(5));
    }

    @Test
    void missingIndex_isNamed_withTheTableAndTheFilter() throws SQLException {
        Plan plan = plans.explain("select * from large l left join small s on s.id = l.id where l.name = ?", "name 7");
        assertThat(plan.largeScans()).hasSize(1);
        assertThat(plan.largeScans().get(0).table()).isEqualTo("public.large");
        assertThat(plan.largeScans().get(0).tableRows()).isEqualTo(20_000);
        assertThat(plan.largeScans().get(0).filter()).contains("name 7");
        assertThat(plan.text()).contains("Seq Scan on public.large");
    }

    @Test
    void indexedAccess_isNoFinding() throws SQLException {
        assertThat(plans.explain("select * from large where id = ?", 7).largeScans())
                .isEmpty();
    }

    @Test
    void explaining_runsNothing(PostgresDatabase database) throws SQLException {
        assertThat(plans.explain("delete from large where name <> ?", "x").largeScans())
                .hasSize(1);
        try (Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement();
                var result = statement.executeQuery("select count(*) from large")) {
            result.next();
            assertThat(result.getLong(1)).isEqualTo(20_000);
        }
    }

    @Test
    void badInput_isRefused(PostgresDatabase database) {
        assertThatThrownBy(() -> QueryPlans.of(database.dataSource(), 0, Duration.ofSeconds(1)))
                .hasMessageContaining("largeRows 0 is less than 1");
        assertThatThrownBy(() -> QueryPlans.of(database.dataSource(), 1, Duration.ofMillis(10)))
                .hasMessageContaining("shorter than 1 s");
        assertThatThrownBy(() -> plans.explain("select 1; drop table small")).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> plans.explain("select nonsense")).isInstanceOf(SQLException.class);
    }
}
