package dev.holdfast.core.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.Ticker;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Each call of JDBC's interfaces reaches the same method of the driver, with the same arguments, and its failure comes back. */
class ForwardingTest {
    private static final Set<String> ANSWERED_BY_THE_WRAPPER =
            Set.of("unwrap", "isWrapperFor", "Statement.getConnection", "ResultSet.getStatement");

    private final List<String> reached = new ArrayList<>();
    private SQLException failure;

    private final StatementListener curious = new StatementListener() {
        @Override
        public Set<Detail> details() {
            return EnumSet.allOf(Detail.class);
        }

        @Override
        public void onEnd(StatementEvent event) {}
    };

    @TestFactory
    Stream<DynamicTest> everyMethod_reachesTheDriver() {
        return Stream.of(List.<StatementListener>of(), List.of(curious)).flatMap(listeners -> {
            Observation observation = new Observation(listeners, Ticker.system());
            ObservedConnection connection = new ObservedConnection(driver(Connection.class), observation);
            ObservedStatement statement = new ObservedStatement(driver(Statement.class), connection, observation);
            StatementEvent event = observation.start("select 1", 0, List.of(), 1, statement);
            return Stream.of(
                    methods(Connection.class, connection),
                    methods(Statement.class, statement),
                    methods(
                            PreparedStatement.class,
                            new ObservedPreparedStatement(
                                    driver(PreparedStatement.class), connection, observation, "select ?")),
                    methods(
                            CallableStatement.class,
                            new ObservedCallableStatement(
                                    driver(CallableStatement.class), connection, observation, "{call f(?)}")),
                    methods(
                            ResultSet.class,
                            new ObservedResultSet(driver(ResultSet.class), statement, observation, event, true)));
        });
    }

    private <T> DynamicTest methods(Class<T> type, T wrapper) {
        return DynamicTest.dynamicTest(type.getSimpleName(), () -> {
            for (Method method : type.getMethods()) {
                if (!Modifier.isStatic(method.getModifiers()) && !isAnsweredByTheWrapper(method)) {
                    check(method, wrapper);
                }
            }
        });
    }

    private static boolean isAnsweredByTheWrapper(Method method) {
        return ANSWERED_BY_THE_WRAPPER.contains(method.getName())
                || ANSWERED_BY_THE_WRAPPER.contains(
                        method.getDeclaringClass().getSimpleName() + "." + method.getName());
    }

    private void check(Method method, Object wrapper) throws Exception {
        Object[] arguments = Arrays.stream(method.getParameterTypes())
                .map(ForwardingTest::sample)
                .toArray();
        reached.clear();
        failure = null;
        method.invoke(wrapper, arguments);
        assertThat(reached).containsExactly(call(method) + Arrays.deepToString(arguments));

        if (Arrays.asList(method.getExceptionTypes()).contains(SQLException.class)) {
            failure = new SQLException("refused");
            assertThat(failureOf(method, wrapper, arguments)).as(call(method)).isSameAs(failure);
        }
    }

    private static Throwable failureOf(Method method, Object wrapper, Object[] arguments) throws Exception {
        try {
            method.invoke(wrapper, arguments);
            return null;
        } catch (InvocationTargetException e) {
            return e.getCause();
        }
    }

    private <T> T driver(Class<T> type) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (proxy, method, args) -> {
                    if (method.getDeclaringClass() == Object.class) {
                        return method.getName().equals("toString") ? "driver" : null;
                    }
                    reached.add(call(method) + Arrays.deepToString(args == null ? new Object[0] : args));
                    if (failure != null) {
                        throw failure;
                    }
                    return sample(method.getReturnType());
                }));
    }

    private static String call(Method method) {
        return method.getName() + Arrays.toString(method.getParameterTypes());
    }

    /** A value that no default would be taken for. */
    private static Object sample(Class<?> type) {
        if (type == int.class) {
            return 3;
        } else if (type == long.class) {
            return 4L;
        } else if (type == boolean.class) {
            return true;
        } else if (type == short.class) {
            return (short) 5;
        } else if (type == byte.class) {
            return (byte) 6;
        } else if (type == double.class) {
            return 7.0;
        } else if (type == float.class) {
            return 8.0f;
        } else if (type == String.class) {
            return "text";
        } else if (type == Class.class) {
            return String.class;
        } else if (type.isArray()) {
            return Array.newInstance(type.getComponentType(), 0);
        }
        return null;
    }

    @Test
    void unwrap_findsTheWrapperAndWhatItWraps() throws Exception {
        Connection driver = driver(Connection.class);
        ObservedConnection connection = new ObservedConnection(driver, new Observation(List.of(), Ticker.system()));
        assertThat(connection.isWrapperFor(ObservedConnection.class)).isTrue();
        assertThat(connection.unwrap(ObservedConnection.class)).isSameAs(connection);
        assertThat(connection.unwrap(driver.getClass())).isSameAs(driver);
        assertThat(reached).isEmpty();
    }
}
