package dev.holdfast.core.redis;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Problem;
import org.jspecify.annotations.Nullable;

/** A server answered and will not have us; trying again at once is pointless. */
final class RefusedException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;
    private final boolean lasting;

    /**
     * Creates the exception.
     *
     * @param problem what the server holds against us
     * @param lasting whether somebody has to change something; false if a failover may heal it any moment
     */
    RefusedException(Problem problem, boolean lasting, @Nullable Throwable cause) {
        super(problem.message(), cause);
        this.problem = problem;
        this.lasting = lasting;
    }

    Problem problem() {
        return problem;
    }

    boolean lasting() {
        return lasting;
    }
}
