package dev.holdfast.batch.keyset;

import dev.holdfast.core.HoldfastException;

/** A cursor or position cannot be used: it was changed, or belongs to another order, query or key. The client's fault. */
public final class CursorException extends HoldfastException {
    private static final long serialVersionUID = 1L;

    CursorException(String message) {
        super(message);
    }
}
