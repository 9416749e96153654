package dev.holdfast.testkit;

/**
 * The chosen source of servers cannot do what was asked, for example freeze a server that was there before the test.
 *
 * <p>The JUnit extensions of the testkit turn it into a skipped test with this message as its reason.
 */
public class UnsupportedServerException extends ServerException {

    private static final long serialVersionUID = 1L;

    /**
     * Creates the exception.
     *
     * @param message what the source cannot do, and which one can
     */
    public UnsupportedServerException(String message) {
        super(message);
    }
}
