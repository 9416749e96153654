package dev.holdfast.batch.watch;

import java.util.concurrent.ConcurrentHashMap;

/** Remembers the fingerprints of texts, up to a bound; an application has few texts unless it writes values into them. */
final class Fingerprints {
    private static final int MAXIMUM = 2_000;

    private final ConcurrentHashMap<String, Fingerprint> known = new ConcurrentHashMap<>();

    Fingerprint of(String sql) {
        Fingerprint fingerprint = known.get(sql);
        if (fingerprint == null) {
            fingerprint = Fingerprint.of(sql);
            if (known.size() >= MAXIMUM) {
                known.clear(); // Rare, and the texts in use are back at once.
            }
            known.put(sql, fingerprint);
        }
        return fingerprint;
    }
}
