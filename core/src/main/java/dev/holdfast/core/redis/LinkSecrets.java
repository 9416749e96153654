package dev.holdfast.core.redis;

import dev.holdfast.core.HoldfastException;
import dev.holdfast.core.Secrets;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Knows the passwords of one link and keeps them out of every text.
 *
 * <p>Thread-safe. Remembers the secrets of the settings for ever, and of those a supplier gave the latest, since an old
 * one may still stand in a late error. {@code rotated} is replaced as a whole, by one thread at a time.
 */
final class LinkSecrets {
    private static final int REMEMBERED = 32;
    /** Hiding shorter ones would mask half of every text. */
    private static final int SHORTEST = 3;

    private final @Nullable Supplier<String> password;
    private final @Nullable Supplier<String> sentinelPassword;
    private final Set<String> settled = ConcurrentHashMap.newKeySet();
    private volatile List<String> rotated = List.of();

    LinkSecrets(@Nullable Supplier<String> password, @Nullable Supplier<String> sentinelPassword) {
        this.password = password;
        this.sentinelPassword = sentinelPassword;
    }

    /** The password to use now, or null for none; whatever the supplier throws comes through. */
    @Nullable
    String password() {
        return password == null ? null : rotate(password.get());
    }

    /** The password to use now at sentinels, or null for none. */
    @Nullable
    String sentinelPassword() {
        return sentinelPassword == null ? null : rotate(sentinelPassword.get());
    }

    /** Remembers a secret that stands in the settings. */
    void remember(String secret) {
        settled.addAll(forms(secret));
    }

    private String rotate(@Nullable String secret) {
        if (secret == null) {
            throw new IllegalStateException("the password supplier returned null: let it throw if it has none");
        }
        if (!rotated.contains(secret)) {
            synchronized (this) {
                Set<String> latest = new LinkedHashSet<>(forms(secret));
                latest.addAll(rotated);
                rotated = latest.stream().limit(REMEMBERED * 3L).toList();
            }
        }
        return secret;
    }

    /** As it is, and as it stands in URIs. */
    private static Set<String> forms(String secret) {
        if (secret.length() < SHORTEST) {
            return Set.of();
        }
        String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        return new LinkedHashSet<>(List.of(secret, encoded, encoded.replace("+", "%20")));
    }

    String mask(@Nullable String text) {
        String masked = text == null ? "" : text;
        for (String secret : settled) {
            masked = masked.replace(secret, Secrets.MASK);
        }
        for (String secret : rotated) {
            masked = masked.replace(secret, Secrets.MASK);
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
