package dev.holdfast.benchmarks;

/** The two sides of a comparison came to different results, so that comparing their speed means nothing. */
public final class ResultsDifferException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With what differs, and where. */
    public ResultsDifferException(String message) {
        super(message);
    }
}
