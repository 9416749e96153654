package dev.holdfast.batch.watch;

/** How sure a {@link QueryFinding} is. */
public enum Certainty {
    /** It was measured, or the parameters of the repeated query were seen to come out of one earlier result. */
    CERTAIN,
    /** One line ran one query again and again with other parameters, whose origin is not known. */
    SUSPECTED
}
