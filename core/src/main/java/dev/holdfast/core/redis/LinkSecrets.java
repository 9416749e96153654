package dev.holdfast.core.redis;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Secrets;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows the passwords of one link and keeps them out of every text.
 *
 * <p>Thread-safe. Remembers each password a supplier ever gave (a handful, over rotations), since an old one may still
 * stand in a late error.
 */
final class LinkSecrets {
    private static final int REMEMBERED = 64;

    private final @Nullable Supplier<String> password;
    private final @Nullable Supplier<String> sentinelPassword;
    private final Set<String> known = ConcurrentHashMap.newKeySet();

    LinkSecrets(@Nullable Supplier<String> password, @Nullable Supplier<String> sentinelPassword) {
        this.password = password;
        this.sentinelPassword = sentinelPassword;
    }

    /** The password to use now, or null for none; whatever the supplier throws comes through. */
    @Nullable
    String password() {
        return password == null ? null : remember(password.get());
    }

    /** The password to use now at sentinels, or null for none. */
    @Nullable
    String sentinelPassword() {
        return sentinelPassword == null ? null : remember(sentinelPassword.get());
    }

    String remember(String secret) {
        if (known.size() >= REMEMBERED) {
            known.clear();
        }
        known.add(secret);
        known.add(URLEncoder.encode(secret, StandardCharsets.UTF_8));
        known.add(URLEncoder.encode(secret, StandardCharsets.UTF_8).replace("+", "%20"));
        return secret;
    }

    String mask(@Nullable String text) {
        String masked = text == null ? "" : text;
        for (String secret : known) {
            if (!secret.isEmpty()) {
                masked = Secrets.mask(masked, secret);
            }
        }
        return Secrets.mask(masked);
    }

    /** What went wrong, in words for people: ours if there are any, otherwise those of the first cause. */
    String describe(Throwable failure) {
        Throwable root = failure;
        while (!(root instanceof HoldfastException) && root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return mask(root.getMessage() == null ? root.getClass().getSimpleName() : root.getMessage());
    }

    /** A throwable that may be thrown on: itself, or a copy of its chain if that holds a secret. */
    Throwable clean(Throwable thrown) {
        for (Throwable t = thrown; t != null; t = t.getCause() == t ? null : t.getCause()) {
            if (t.getMessage() != null && !mask(t.getMessage()).equals(t.getMessage())) {
                return copy(thrown, 0);
            }
        }
        return thrown;
    }

    private Throwable copy(Throwable thrown, int depth) {
        Throwable cause = thrown.getCause();
        Throwable cleanCause = cause == null || depth > 10 ? null : copy(cause, depth + 1);
        HoldfastException copy =
                new HoldfastException(thrown.getClass().getName() + ": " + mask(thrown.getMessage()), cleanCause);
        copy.setStackTrace(thrown.getStackTrace());
        return copy;
    }
}
