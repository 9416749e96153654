package dev.holdfast.testkit.junit;

import dev.holdfast.testkit.ServerException;
import dev.holdfast.testkit.ServerSource;
import dev.holdfast.testkit.TestServer;
import dev.holdfast.testkit.UnsupportedServerException;
import dev.holdfast.testkit.fault.FaultProxy;
import java.lang.reflect.Executable;
import java.lang.reflect.Parameter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolutionException;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.opentest4j.TestAbortedException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What {@link Servers} promises. Holds no state: that is in the stores of JUnit, in a {@link Scope} per class and test. */
final class ServersExtension
        implements ExecutionCondition,
                BeforeEachCallback,
                AfterEachCallback,
                AfterAllCallback,
                ParameterResolver,
                TestExecutionExceptionHandler,
                LifecycleMethodExecutionExceptionHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ServersExtension.class);
    private static final Namespace NAMESPACE = Namespace.create(ServersExtension.class);

    /** Names what a scope owns: a server of a type, or the proxy in front of it. */
    private record Owned(Class<?> type, String name) {}

    /** Names the proxy in front of a server. */
    private record InFront(AutoCloseable server) {}

    // --- skipping what the source cannot do ---

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
        ServerSource source = ServerSource.current();
        return parameters(context)
                .flatMap(parameter -> unsupported(parameter, source).stream())
                .findFirst()
                .map(reason -> {
                    logSkipped(context, reason);
                    return ConditionEvaluationResult.disabled(reason);
                })
                .orElseGet(() -> ConditionEvaluationResult.enabled("servers are " + source));
    }

    /** The parameters that will have to be resolved at this level, wherever they are. */
    private static Stream<Parameter> parameters(ExtensionContext context) {
        Class<?> testClass = context.getRequiredTestClass();
        Stream<? extends Executable> executables =
                context.getTestMethod().isPresent()
                        ? Stream.concat(
                                context.getTestMethod().stream(),
                                Stream.of(BeforeEach.class, AfterEach.class)
                                        .flatMap(annotation -> AnnotationSupport.findAnnotatedMethods(
                                                testClass, annotation, HierarchyTraversalMode.TOP_DOWN)
                                                .stream()))
                        : Stream.concat(
                                Arrays.stream(testClass.getDeclaredConstructors()),
                                Stream.of(BeforeAll.class, AfterAll.class)
                                        .flatMap(annotation -> AnnotationSupport.findAnnotatedMethods(
                                                testClass, annotation, HierarchyTraversalMode.TOP_DOWN)
                                                .stream()));
        return executables.flatMap(executable -> Arrays.stream(executable.getParameters()));
    }

    private static Optional<String> unsupported(Parameter parameter, ServerSource source) {
        Optional<ServerFixture<?>> fixture = Fixtures.INSTANCE.find(parameter.getType());
        if (fixture.isEmpty()) {
            return Optional.empty();
        }
        if (parameter.isAnnotationPresent(Exclusive.class) && source == ServerSource.EXTERNAL) {
            return Optional.of("breaks a " + parameter.getType().getSimpleName() + ", which " + ServerSource.PROPERTY
                    + "=" + source + " does not allow");
        }
        return fixture.get().unsupported(source);
    }

    /** Build tools count what was skipped, and few of them print why. */
    private static void logSkipped(ExtensionContext context, @Nullable String reason) {
        LOG.warn(
                "skipped {}{}: {}",
                context.getRequiredTestClass().getSimpleName(),
                context.getTestMethod().map(method -> "." + method.getName()).orElse(""),
                reason);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw abortedIfUnsupported(context, failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw abortedIfUnsupported(context, failure);
    }

    @Override
    public void handleBeforeEachMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw abortedIfUnsupported(context, failure);
    }

    private static Throwable abortedIfUnsupported(ExtensionContext context, Throwable failure) {
        // What a resolver throws is wrapped by JUnit.
        @Nullable Throwable reason = failure instanceof ParameterResolutionException ? failure.getCause() : failure;
        if (!(reason instanceof UnsupportedServerException)) {
            return failure;
        }
        logSkipped(context, reason.getMessage());
        return new TestAbortedException(reason.getMessage(), failure);
    }

    // --- parameters ---

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == FaultProxy.class || Fixtures.INSTANCE.find(type).isPresent();
    }

    @Override
    public Object resolveParameter(ParameterContext context, ExtensionContext extensionContext) {
        Parameter parameter = context.getParameter();
        if (parameter.getType() != FaultProxy.class) {
            return server(parameter, extensionContext);
        }
        Parameter[] parameters = context.getDeclaringExecutable().getParameters();
        for (int i = context.getIndex() - 1; i >= 0; i--) {
            if (TestServer.class.isAssignableFrom(parameters[i].getType())) {
                TestServer server = (TestServer) server(parameters[i], extensionContext);
                return owned(extensionContext, new InFront(server), () -> FaultProxy.to(server));
            }
        }
        throw new ParameterResolutionException("FaultProxy " + parameter.getName()
                + " needs a parameter before it whose type is a single server: that is what it stands in front of");
    }

    private static Object server(Parameter parameter, ExtensionContext context) {
        ServerFixture<?> fixture = Fixtures.INSTANCE
                .find(parameter.getType())
                .orElseThrow(() -> new ParameterResolutionException("no fixture for " + parameter));
        Exclusive exclusive = parameter.getAnnotation(Exclusive.class);
        if (exclusive != null || !fixture.isShareable()) {
            String name = exclusive == null ? "" : exclusive.value();
            return owned(context, new Owned(fixture.type(), name), () -> fixture.start(Fixtures.INSTANCE));
        }
        return Fixtures.INSTANCE.shared(fixture, scope(context).use(fixture));
    }

    /** What this test or its class has already, or a new one that ends with this test or class. */
    private static Object owned(ExtensionContext context, Object key, Supplier<? extends AutoCloseable> start) {
        for (ExtensionContext level = context; ; ) {
            AutoCloseable existing = scope(level).find(key);
            if (existing != null) {
                return existing;
            }
            Optional<ExtensionContext> parent = level.getParent();
            if (parent.isEmpty()) {
                return scope(context).add(key, start.get());
            }
            level = parent.get();
        }
    }

    private static Scope scope(ExtensionContext context) {
        // The level is part of the key, since a store also answers for the levels above it.
        return context.getStore(NAMESPACE)
                .getOrComputeIfAbsent("scope of " + context.getUniqueId(), key -> new Scope(), Scope.class);
    }

    // --- before and after ---

    /** What the class holds on to must be as good as new for each of its tests. */
    @Override
    public void beforeEach(ExtensionContext context) {
        Scope own = scope(context);
        for (@Nullable ExtensionContext level = context.getParent().orElse(null);
                level != null;
                level = level.getParent().orElse(null)) {
            for (ServerFixture<?> fixture : scope(level).used()) {
                if (own.use(fixture)) {
                    Fixtures.INSTANCE.shared(fixture, true);
                }
            }
        }
    }

    @Override
    public void afterEach(ExtensionContext context) {
        close(scope(context));
    }

    @Override
    public void afterAll(ExtensionContext context) {
        close(scope(context));
    }

    private static void close(Scope scope) {
        List<Exception> failures = new ArrayList<>();
        for (AutoCloseable owned : scope.drain()) {
            try {
                owned.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                failures.add(e);
            } catch (Exception e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            ServerException failure = new ServerException("cannot close what the test used", failures.get(0));
            failures.stream().skip(1).forEach(failure::addSuppressed);
            throw failure;
        }
    }
}
