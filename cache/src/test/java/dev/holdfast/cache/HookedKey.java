package dev.holdfast.cache;

import org.jspecify.annotations.Nullable;

/** A key that lets a test step in whenever a chosen thread hashes it, that is before every access to a table. */
final class HookedKey {
    static final KeyCodec<HookedKey> CODEC = new KeyCodec<>() {
        @Override
        public String encode(HookedKey key) {
            return key.text;
        }

        @Override
        public HookedKey decode(String text) {
            return new HookedKey(text);
        }
    };

    private static final ThreadLocal<@Nullable Runnable> HOOK = new ThreadLocal<>();

    private final String text;

    HookedKey(String text) {
        this.text = text;
    }

    /** Has this called on the current thread each time that it hashes a key, for as long as the task runs. */
    static void hooked(Runnable hook, Runnable task) {
        HOOK.set(hook);
        try {
            task.run();
        } finally {
            HOOK.remove();
        }
    }

    @Override
    public int hashCode() {
        Runnable hook = HOOK.get();
        if (hook != null) {
            hook.run();
        }
        return text.hashCode();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HookedKey key && key.text.equals(text);
    }

    @Override
    public String toString() {
        return text;
    }
}
