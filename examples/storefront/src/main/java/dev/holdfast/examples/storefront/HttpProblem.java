package dev.holdfast.examples.storefront;

/** An answer other than 200; its message goes to the visitor. */
final class HttpProblem extends RuntimeException {
    private final int status;

    HttpProblem(int status, String message) {
        super(message);
        this.status = status;
    }

    static HttpProblem badRequest(String message) {
        return new HttpProblem(400, message);
    }

    static HttpProblem notFound(String what) {
        return new HttpProblem(404, what + " not found");
    }

    int status() {
        return status;
    }
}
