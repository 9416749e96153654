package dev.holdfast.ratelimit;

import java.math.BigInteger;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a limit means, in fractions of any size and without cleverness: each bucket misses so many permits at some time, each
 * window is a list of who took how many in which part. No states are packed, and nothing overflows.
 */
final class Reference {
    /** missing = numerator / q permits. */
    private record Bucket(BigInteger q, BigInteger missing, long at) {}

    /** A window does not slide back: {@code newest} is the newest part it was seen at while anything was counted. */
    private record Window(long part, long newest, TreeMap<Long, Long> taken) {}

    private final Map<Integer, Bucket> buckets = new HashMap<>();
    private final Map<Integer, Window> windows = new HashMap<>();
    private long ts;
    private boolean exists;

    record Level(BigInteger missing, long newest, long[] counts) {}

    record Answer(long granted, long now, Level[] levels) {}

    Answer check(List<Limit> limits, long clock, int op, long cost, long count, long patience, long[] amounts) {
        long now = Math.max(clock, ts);
        Map<Integer, Bucket> valued = new HashMap<>();
        boolean believed = false;
        for (Limit limit : limits) {
            if (!limit.isSlidingWindow()) {
                Bucket bucket = rescaled(buckets.get(limit.id()), limit);
                valued.put(limit.id(), bucket);
                believed |= exists
                        && buckets.containsKey(limit.id())
                        && BigInteger.valueOf(ts - clock).multiply(p(limit)).compareTo(bucket.missing) <= 0;
            }
        }
        boolean rebased = ts > clock && !believed;
        if (!exists || rebased) {
            now = clock;
        }
        Level[] levels = new Level[limits.size()];
        BigInteger granted = BigInteger.valueOf(count);
        for (int i = 0; i < levels.length; i++) {
            Limit limit = limits.get(i);
            if (limit.isSlidingWindow()) {
                levels[i] = window(limit, now, clock);
                long used = 0;
                for (long c : levels[i].counts) {
                    used += c;
                }
                granted = granted.min(BigInteger.valueOf(Math.max(0, limit.permits() - used) / cost));
            } else {
                Bucket bucket = valued.get(limit.id());
                long since = Math.min(now, bucket.at);
                BigInteger missing = bucket.missing
                        .subtract(BigInteger.valueOf(now - since).multiply(p(limit)))
                        .max(BigInteger.ZERO);
                valued.put(limit.id(), new Bucket(bucket.q, missing, now));
                levels[i] = new Level(missing, 0, new long[0]);
                BigInteger free =
                        bucket.q.multiply(BigInteger.valueOf(limit.burst())).subtract(missing);
                BigInteger each = bucket.q.multiply(BigInteger.valueOf(cost));
                if (op == CheckScript.RESERVE && missing.add(each).compareTo(BigInteger.ONE.shiftLeft(53)) < 0) {
                    free = free.add(BigInteger.valueOf(patience).multiply(p(limit)));
                }
                granted = granted.min(free.signum() < 0 ? BigInteger.ZERO : free.divide(each));
            }
        }
        long g = op == CheckScript.TAKE || op == CheckScript.RESERVE ? granted.longValueExact() : count;
        if (g > 0) {
            if (exists && rebased) {
                buckets.replaceAll((id, b) -> new Bucket(b.q, b.missing, Math.min(clock, b.at)));
            }
            ts = now;
            exists = true;
            for (int i = 0; i < levels.length; i++) {
                levels[i] = apply(limits.get(i), levels[i], op, cost * g, amounts[i]);
                if (limits.get(i).isSlidingWindow()) {
                    store(limits.get(i), levels[i]);
                } else {
                    Bucket b = valued.get(limits.get(i).id());
                    buckets.put(limits.get(i).id(), new Bucket(b.q, levels[i].missing, now));
                }
            }
            long at = now;
            List<Integer> mine = limits.stream().map(Limit::id).toList();
            buckets.entrySet()
                    .removeIf(b -> !mine.contains(b.getKey())
                            && (b.getValue().missing.signum() == 0 || at - b.getValue().at >= 86_400_000_000L));
            windows.entrySet()
                    .removeIf(
                            w -> !mine.contains(w.getKey()) && (w.getValue().newest + 11) * w.getValue().part <= clock);
            if (buckets.values().stream().allMatch(b -> b.missing.signum() == 0)
                    && windows.values().stream().allMatch(w -> w.taken.isEmpty())) {
                buckets.clear();
                windows.clear();
                exists = false;
                ts = 0;
            }
        }
        return new Answer(g, now, levels);
    }

    private static Level apply(Limit limit, Level level, int op, long permits, long amount) {
        if (limit.isSlidingWindow()) {
            long[] counts = level.counts.clone();
            if (op == CheckScript.REFUND) {
                for (int age = 0; age < counts.length; age++) {
                    long back = Math.min(permits, counts[age]);
                    counts[age] -= back;
                    permits -= back;
                }
            } else {
                counts[0] += op == CheckScript.FORCE ? amount : permits;
            }
            return new Level(BigInteger.ZERO, level.newest, counts);
        }
        BigInteger units = q(limit).multiply(BigInteger.valueOf(permits));
        BigInteger full = q(limit).multiply(BigInteger.valueOf(limit.burst()));
        BigInteger missing = switch (op) {
            case CheckScript.REFUND -> level.missing.subtract(units).max(BigInteger.ZERO);
            case CheckScript.FORCE ->
                level.missing.max(full.add(full)
                        .min(BigInteger.ONE.shiftLeft(53).subtract(BigInteger.ONE))
                        .min(level.missing.add(BigInteger.valueOf(amount))));
            default -> level.missing.add(units);
        };
        return new Level(missing, 0, level.counts);
    }

    private Bucket rescaled(Bucket bucket, Limit limit) {
        if (bucket == null) {
            return new Bucket(q(limit), BigInteger.ZERO, Long.MAX_VALUE);
        }
        BigInteger bound = BigInteger.ONE.shiftLeft(53);
        if (bucket.missing.divide(bucket.q).multiply(q(limit)).compareTo(bound.subtract(q(limit))) >= 0
                && !bucket.q.equals(q(limit))) {
            return new Bucket(q(limit), bound.subtract(BigInteger.ONE), bucket.at); // debts end where doubles do
        }
        BigInteger[] exact = bucket.missing.multiply(q(limit)).divideAndRemainder(bucket.q);
        return new Bucket(q(limit), exact[0].add(BigInteger.valueOf(exact[1].signum())), bucket.at);
    }

    private Level window(Limit limit, long now, long clock) {
        long part = (micros(limit) + 9) / 10;
        long newest = now / part;
        long[] counts = new long[11];
        Window window = windows.get(limit.id());
        if (window != null && !window.taken.isEmpty()) {
            long last = window.newest;
            if (window.part != part) {
                // Whatever still counts, as just taken.
                counts[0] = window.taken.entrySet().stream()
                        .filter(taken -> (taken.getKey() + 11) * window.part > clock)
                        .mapToLong(Map.Entry::getValue)
                        .sum();
            } else {
                long shift = 0;
                if (last > newest) {
                    if (last - newest <= 10) {
                        newest = last;
                    } else {
                        shift = last - newest;
                    }
                }
                for (Map.Entry<Long, Long> taken : window.taken.entrySet()) {
                    long age = newest + shift - taken.getKey();
                    if (age <= 10) {
                        counts[(int) age] = taken.getValue();
                    }
                }
            }
        }
        return new Level(BigInteger.ZERO, newest, counts);
    }

    private void store(Limit limit, Level level) {
        TreeMap<Long, Long> taken = new TreeMap<>();
        for (int age = 0; age <= 10; age++) {
            if (level.counts[age] > 0) {
                taken.put(level.newest - age, level.counts[age]);
            }
        }
        windows.put(limit.id(), new Window((micros(limit) + 9) / 10, level.newest, taken));
    }

    private static long micros(Limit limit) {
        return limit.period().toNanos() / 1_000;
    }

    private static BigInteger gcd(Limit limit) {
        return BigInteger.valueOf(limit.permits()).gcd(BigInteger.valueOf(micros(limit)));
    }

    static BigInteger p(Limit limit) {
        return BigInteger.valueOf(limit.permits()).divide(gcd(limit));
    }

    static BigInteger q(Limit limit) {
        return BigInteger.valueOf(micros(limit)).divide(gcd(limit));
    }
}
