package dev.holdfast.core;

/** {@link System#nanoTime()}; a class of its own, so that a call through {@link Ticker} stays cheap to inline. */
enum SystemTicker implements Ticker {
    INSTANCE;

    @Override
    public long read() {
        return System.nanoTime();
    }
}
