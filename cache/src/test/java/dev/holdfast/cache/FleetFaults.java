package dev.holdfast.cache;

import dev.holdfast.testkit.redis.RedisCluster;
import dev.holdfast.testkit.redis.RedisReply;
import dev.holdfast.testkit.redis.RedisSentinel;
import dev.holdfast.testkit.redis.RedisServer;
import dev.holdfast.testkit.redis.RespClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What may befall the Redis of a fleet. */
final class FleetFaults {
    /** When Redis loses something of what it had acknowledged. */
    enum Loss {
        NEVER,
        AT_ONCE,
        AT_THE_END
    }

    /**
     * Something that begins and ends.
     *
     * @param holds how many operations do not end before it does, if it lasts until there are no others
     */
    record Fault(
            String name,
            Loss loss,
            Runnable strike,
            Runnable heal,
            @Nullable IntSupplier holds) {
        Fault(String name, Loss loss, Runnable strike, Runnable heal) {
            this(name, loss, strike, heal, null);
        }

        static Fault of(String name, Loss loss, Runnable strike) {
            return new Fault(name, loss, strike, () -> {});
        }
    }

    /** The faults a run chooses from, each made when it is chosen. */
    private final List<Supplier<Fault>> choice = new ArrayList<>();

    /** Whether the first fault is slow, and strikes once in a run: a failover. */
    private boolean firstOnce;

    private boolean always;

    private final Random random;
    private final String control;
    private final String pattern;

    private FleetFaults(FleetPlan plan, Random random) {
        this.random = random;
        this.control = "{hf:" + plan.cacheName() + "}:ctl";
        this.pattern = "*hf:" + plan.cacheName() + "[:}]*";
    }

    /** The next fault, or null for none. */
    @Nullable
    Fault next() {
        int number = random.nextInt(choice.size() + (always ? 0 : 2));
        if (firstOnce) {
            firstOnce = false;
            return choice.remove(0).get();
        }
        return number < choice.size() ? choice.get(number).get() : null;
    }

    /** For nodes that reach one server through proxies. */
    static FleetFaults ofServer(FleetPlan plan, Random random, RedisServer redis, Fleet fleet) {
        FleetFaults faults = new FleetFaults(plan, random);
        faults.network(fleet);
        faults.choice.add(() -> new Fault("Redis freezes", Loss.NEVER, redis::pause, redis::resume));
        faults.choice.add(() -> Fault.of("scripts are flushed", Loss.NEVER, () -> redis.command("SCRIPT", "FLUSH")));
        faults.choice.add(() -> Fault.of("everything is flushed", Loss.AT_ONCE, () -> redis.command("FLUSHALL")));
        faults.choice.add(
                () -> Fault.of("the control key is gone", Loss.AT_ONCE, () -> redis.command("DEL", faults.control)));
        faults.choice.add(() -> Fault.of(
                "subscriptions are killed", Loss.NEVER, () -> redis.command("CLIENT", "KILL", "TYPE", "pubsub")));
        faults.choice.add(() -> Fault.of(
                "connections are killed", Loss.NEVER, () -> redis.command("CLIENT", "KILL", "TYPE", "normal")));
        faults.choice.add(() -> new Fault("Redis dies and loses its data", Loss.AT_ONCE, redis::kill, redis::start));
        if (plan.rollsBack) {
            faults.choice.add(
                    () -> Fault.of("Redis restarts from a snapshot", Loss.AT_ONCE, redis::restartKeepingData));
            faults.choice.add(() -> faults.setBack("Redis is set back", redis, faults.pattern, false));
            faults.choice.add(() -> faults.setBack("Redis is set back and has gone on", redis, faults.pattern, true));
            faults.choice.add(() -> faults.setBack("the control key is set back", redis, faults.control, false));
        }
        return faults;
    }

    /** Nothing but tails that are lost without a trace, often. */
    static FleetFaults ofLostTails(FleetPlan plan, Random random, RedisServer redis) {
        FleetFaults faults = new FleetFaults(plan, random);
        for (int i = 0; i < 10; i++) {
            faults.choice.add(() -> faults.setBack("Redis is set back and has gone on", redis, faults.pattern, true));
        }
        return faults;
    }

    /** Nothing but nodes whose leases end without their knowledge, in every episode; values are evicted, so that they load. */
    static FleetFaults ofDeafNodes(FleetPlan plan, Random random, RedisServer redis, DeafNode deaf) {
        FleetFaults faults = new FleetFaults(plan, random);
        faults.always = true;
        faults.choice.add(() -> {
            int node = random.nextInt(Fleet.NODES);
            return new Fault(
                    "node " + node + " is deaf, and its loads stand still",
                    Loss.NEVER,
                    () -> {
                        deaf.begin(node);
                        withClient(
                                redis,
                                client -> keysLike(client, "hf:" + plan.cacheName() + ":v1:*")
                                        .forEach(key -> client.call("DEL", key)));
                    },
                    deaf::end,
                    deaf::held);
        });
        return faults;
    }

    private void network(Fleet fleet) {
        choice.add(() -> {
            Fleet.Machine machine = fleet.machines.get(random.nextInt(Fleet.NODES));
            int node = fleet.machines.indexOf(machine);
            return switch (random.nextInt(4)) {
                case 0 -> cut("silent", node, machine, () -> machine.proxy.cut());
                case 1 -> cut("deaf", node, machine, () -> machine.proxy.cutServerToClient());
                case 2 -> cut("cut off", node, machine, () -> machine.proxy.cutAndReset());
                default -> cut("without answers", node, machine, () -> machine.proxy.swallowRepliesUntilReset());
            };
        });
    }

    private static Fault cut(String how, int node, Fleet.Machine machine, Runnable strike) {
        return new Fault("node " + node + " is " + how, Loss.NEVER, strike, () -> machine.proxy.heal());
    }

    /**
     * What a promoted replica without the tail holds: an earlier state, which every client meets on a new connection. If it
     * has gone on, a node that missed the tail has minted a stamp there, so that nobody can tell by the newest stamp.
     */
    private Fault setBack(String name, RedisServer redis, String keys, boolean goneOn) {
        Map<String, byte[]> dumps = new LinkedHashMap<>();
        Map<String, String> lives = new LinkedHashMap<>();
        return new Fault(
                name,
                Loss.AT_THE_END,
                () -> withClient(redis, client -> {
                    for (String key : keysLike(client, keys)) {
                        RedisReply dump = client.call("DUMP", key);
                        if (!dump.isNull()) {
                            dumps.put(key, dump.bytes());
                            lives.put(
                                    key,
                                    Long.toString(
                                            Math.max(0, client.call("PTTL", key).number())));
                        }
                    }
                }),
                () -> withClient(redis, client -> {
                    RedisReply stamp = client.call("ZSCORE", control, "!stamp");
                    client.call("MULTI");
                    dumps.forEach((key, dump) ->
                            client.call(ascii("RESTORE"), ascii(key), ascii(lives.get(key)), dump, ascii("REPLACE")));
                    if (goneOn && dumps.containsKey(control) && !stamp.isNull()) {
                        // Beyond what others mint until this takes effect.
                        client.call("ZADD", control, Long.toString(stamp.number() + 1_000_000), "!stamp");
                    }
                    client.call("EXEC");
                    client.call("CLIENT", "KILL", "TYPE", "normal");
                    client.call("CLIENT", "KILL", "TYPE", "pubsub");
                }));
    }

    private static List<String> keysLike(RespClient client, String pattern) {
        // A control key's braces are no pattern, but its brackets would be.
        return pattern.endsWith("ctl")
                ? List.of(pattern)
                : client.call("KEYS", pattern).texts();
    }

    private static void withClient(RedisServer redis, Consumer<RespClient> task) {
        try (RespClient client = redis.client()) {
            task.accept(client);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    static FleetFaults ofSentinel(FleetPlan plan, Random random, RedisSentinel redis) {
        FleetFaults faults = new FleetFaults(plan, random);
        faults.firstOnce = true;
        faults.choice.add(() -> {
            RedisServer primary = redis.primary();
            return faults.replaced("the primary", primary, () -> {
                redis.awaitReplacementOf(primary);
                redis.heal();
            });
        });
        faults.choice.add(() -> Fault.of(
                "the control key is gone", Loss.AT_ONCE, () -> redis.primary().command("DEL", faults.control)));
        faults.choice.add(() -> Fault.of(
                "everything is flushed", Loss.AT_ONCE, () -> redis.primary().command("FLUSHALL")));
        return faults;
    }

    static FleetFaults ofCluster(FleetPlan plan, Random random, RedisCluster redis) {
        FleetFaults faults = new FleetFaults(plan, random);
        faults.firstOnce = true;
        faults.choice.add(() -> {
            if (random.nextBoolean()) {
                return faults.lost(redis, redis.primaryOf(faults.control), "of the control key");
            }
            List<RedisServer> primaries = redis.primaries();
            return faults.lost(redis, primaries.get(random.nextInt(primaries.size())), "of some values");
        });
        faults.choice.add(() -> Fault.of("a slot moves", Loss.NEVER, () -> {
            int slot = RedisCluster.slot(
                    random.nextBoolean() ? "hf:" + plan.cacheName() + ":v1:{user:0:a}" : faults.control);
            List<RedisServer> primaries = redis.primaries();
            redis.moveSlot(slot, primaries.get(random.nextInt(primaries.size())));
        }));
        faults.choice.add(() -> Fault.of(
                "the control key is gone",
                Loss.AT_ONCE,
                () -> redis.primaryOf(faults.control).command("DEL", faults.control)));
        return faults;
    }

    private Fault lost(RedisCluster redis, RedisServer primary, String which) {
        return replaced("the primary " + which, primary, () -> {
            redis.awaitReplacementOf(primary);
            redis.heal();
        });
    }

    /** A primary dies, or freezes and comes back with all it held once another has taken its place. */
    private Fault replaced(String which, RedisServer primary, Runnable heal) {
        return random.nextBoolean()
                ? new Fault(which + " is killed", Loss.AT_ONCE, primary::kill, heal)
                : new Fault(which + " freezes until it is replaced", Loss.AT_ONCE, primary::pause, heal);
    }
}
