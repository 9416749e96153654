package dev.holdfast.batch.junit;

import dev.holdfast.batch.watch.Certainty;
import dev.holdfast.batch.watch.QueryFinding;
import dev.holdfast.batch.watch.QueryRecording;
import dev.holdfast.batch.watch.QueryReport;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeTestExecutionCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;
import org.opentest4j.AssertionFailedError;

/** Records the statements of a test and compares them with its {@link ExpectQueries}. */
final class ExpectQueriesExtension implements BeforeTestExecutionCallback, AfterTestExecutionCallback {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(ExpectQueriesExtension.class);

    @Override
    public void beforeTestExecution(ExtensionContext context) {
        expectation(context).ifPresent(expected -> {
            check(expected);
            context.getStore(NAMESPACE).put(QueryRecording.class, QueryRecording.start(context.getDisplayName()));
        });
    }

    private static void check(ExpectQueries expected) {
        if (expected.min() < 0 || expected.max() < expected.min()) {
            throw new ExtensionConfigurationException("@ExpectQueries(min = " + expected.min() + ", max = "
                    + expected.max() + "): min must not be negative and not be greater than max");
        }
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        QueryRecording recording = context.getStore(NAMESPACE).remove(QueryRecording.class, QueryRecording.class);
        Optional<ExpectQueries> expectation = expectation(context);
        if (recording == null || expectation.isEmpty()) {
            return;
        }
        recording.close();
        if (context.getExecutionException().isEmpty()) {
            verify(expectation.get(), recording.report());
        }
    }

    private static void verify(ExpectQueries expected, QueryReport report) {
        if (report.statements() > expected.max()) {
            throw new AssertionFailedError(
                    "expected at most " + expected.max() + " statements" + Reports.describe(report),
                    expected.max(),
                    report.statements());
        }
        if (report.statements() < expected.min()) {
            throw new AssertionFailedError(
                    "expected at least " + expected.min() + " statements" + Reports.describe(report),
                    expected.min(),
                    report.statements());
        }
        List<QueryFinding> repeated = report.findings(QueryFinding.Kind.N_PLUS_ONE).stream()
                .filter(finding -> isForbidden(expected.nPlusOne(), finding))
                .toList();
        if (!repeated.isEmpty()) {
            throw new AssertionFailedError("expected no N+1" + Reports.describe(report));
        }
    }

    private static boolean isForbidden(NPlusOne rule, QueryFinding finding) {
        return switch (rule) {
            case FORBID -> true;
            case FORBID_CERTAIN -> finding.certainty() == Certainty.CERTAIN;
            case ALLOW -> false;
        };
    }

    private static Optional<ExpectQueries> expectation(ExtensionContext context) {
        Optional<ExpectQueries> own = AnnotationSupport.findAnnotation(context.getTestMethod(), ExpectQueries.class);
        return own.isPresent() ? own : AnnotationSupport.findAnnotation(context.getTestClass(), ExpectQueries.class);
    }
}
