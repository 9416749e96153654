package dev.holdfast.benchmarks;

/**
 * A target and what was measured for it.
 *
 * @param target the target
 * @param value the ratio or count
 * @param verdict of the target about it
 */
public record Outcome(Target target, double value, Target.Verdict verdict) {

    /** {@code RATIO <id> <value> <target> PASS|FALL-SHORT}. */
    public String line() {
        return "RATIO " + target.id() + " " + Target.number(value) + " " + target.condition() + " " + verdict.label();
    }
}
