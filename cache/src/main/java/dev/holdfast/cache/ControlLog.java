package dev.holdfast.cache;

import dev.holdfast.core.redis.RedisScript;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The control key of a cache: epoch, floor, newest stamp and the compacted log of barriers, in one sorted set.
 *
 * <p>Members: {@code !epoch:<random>} (score 0, so it is always the first), {@code !floor}, {@code !stamp}, {@code
 * !pruned} (the newest stamp up to which barriers were forgotten) {@code !prunedwide}
 * (the same for barriers that are not of keys), and the barriers as {@link Member} names them, each scored with its stamp.
 * Stamps are microseconds of Redis's clock, below 2⁵³, so that scores hold them exactly.
 *
 * <p>Both scripts heal what they find: a missing set becomes a new epoch, and a set that is behind what the caller has
 * already applied (an earlier copy, a replica without the tail) gets a new floor above it. Either invalidates every older
 * value everywhere.
 */
final class ControlLog {
    /** Most members of one mint; a longer invalidation is split. */
    static final int MEMBERS_PER_MINT = 500;

    private static final String PRELUDE = """
            local ctl = KEYS[1]
            local function text(n) return string.format('%.0f', n) end
            local applied = tonumber(ARGV[2])
            local time = redis.call('TIME')
            local now = time[1] * 1000000 + time[2]
            local held = redis.call('ZMSCORE', ctl, '!epoch:' .. ARGV[4], '!floor', '!stamp', '!pruned', '!prunedwide')
            local epoch = held[1] and ARGV[4]
            if not epoch then
              local head = redis.call('ZRANGE', ctl, 0, 0)[1]
              epoch = head and string.sub(head, 1, 7) == '!epoch:' and string.sub(head, 8)
            end
            local floor, stamp = tonumber(held[2] or nil), tonumber(held[3] or nil)
            local pruned, prunedwide = tonumber(held[4] or nil), tonumber(held[5] or nil)
            local raised, news = 0, {}
            local function startover()
              redis.call('DEL', ctl)
              pruned, prunedwide = nil, nil
              news = {'0', '!epoch:' .. epoch}
            end
            if not (epoch and floor and stamp) then
              epoch, floor, stamp, raised = ARGV[1], 0, 0, 2
              startover()
            elseif stamp < applied then
              raised = 1
            end
            local previous = stamp
            local function mint(members)
              stamp = math.max(stamp + 1, now, applied + 1)
              if raised > 0 then
                floor = stamp
                members[#members + 1] = '!floor'
              end
              local at = text(stamp)
              for i = 1, #members do
                news[#news + 1] = at
                news[#news + 1] = members[i]
              end
              redis.call('ZADD', ctl, at, '!stamp', unpack(news))
              redis.call('PUBLISH', ARGV[3], epoch .. ' ' .. text(previous) .. ' ' .. at .. ' '
                  .. table.concat(members, ' '))
            end
            """;

    /**
     * ARGV: candidate epoch, applied, channel, probable epoch, retention of barriers of keys and of all others (us), most
     * members, clear (0 or 1), barriers …
     *
     * <p>Pruning is due once a second, or after an eighth of the retention if that is shorter, and as long as it is behind. A
     * pass looks at 512 members from where the last one stopped, which is more than one stamp has. The cursor never goes
     * beyond the stamp before this one: a node in step has applied that, and has missed nothing that was pruned.
     */
    private static final RedisScript<List<Object>> MINT = RedisScript.of(PRELUDE + """
                    if ARGV[8] == '1' or redis.call('ZCARD', ctl) + #ARGV - 8 > tonumber(ARGV[7]) then
                      startover()
                      if raised == 0 then raised = 3 end
                    end
                    local members = {}
                    for i = 9, #ARGV do members[#members + 1] = ARGV[i] end
                    mint(members)
                    local function prune(cursor, from, retention, all)
                      local horizon = stamp - retention
                      local pause = math.max(1, math.min(1000000, retention / 8))
                      if math.floor(stamp / pause) == math.floor(previous / pause)
                          and not (from and horizon - from > 2 * pause) then
                        return
                      end
                      local old = redis.call('ZRANGEBYSCORE', ctl, text(from or 1), text(horizon), 'WITHSCORES',
                          'LIMIT', 0, 512)
                      local gone = {}
                      for i = 1, #old, 2 do
                        local kind = string.sub(old[i], 1, 1)
                        if kind == 'k' or (all and kind ~= '!') then gone[#gone + 1] = old[i] end
                      end
                      if #gone > 0 then redis.call('ZREM', ctl, unpack(gone)) end
                      if from or #old > 0 then
                        local reached = #old == 1024 and tonumber(old[#old]) or math.min(horizon, previous)
                        redis.call('ZADD', ctl, text(math.max(from or 1, reached)), cursor)
                      end
                    end
                    prune('!pruned', pruned, tonumber(ARGV[5]), false)
                    prune('!prunedwide', prunedwide, tonumber(ARGV[6]), true)
                    return {epoch, text(previous), text(stamp), text(floor), tostring(raised), text(now)}
                    """, ScriptOutputType.MULTI);

    /** ARGV: candidate epoch, applied, channel, the caller's epoch, most barriers to return. */
    private static final RedisScript<List<Object>> READ = RedisScript.of(PRELUDE + """
                    if raised > 0 then mint({}) end
                    local wide = prunedwide or 0
                    local forgotten = text(math.max(pruned or 0, wide))
                    local from = epoch == ARGV[4] and text(applied) or '0'
                    local reply = {epoch, text(stamp), text(floor), tostring(raised), text(now), forgotten, text(wide)}
                    if stamp > tonumber(from) then
                      local limit = tonumber(ARGV[5])
                      local gap = redis.call('ZRANGEBYSCORE', ctl, '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, limit)
                      if #gap == 2 * limit then reply[6] = text(stamp) end
                      for i = 1, #gap do reply[#reply + 1] = gap[i] end
                    end
                    return reply
                    """, ScriptOutputType.MULTI);

    /** One barrier of the log. */
    record Barrier(Member member, long stamp) {}

    /**
     * What a mint returned.
     *
     * @param epoch history it belongs to
     * @param previous newest stamp before it
     * @param stamp the stamp minted
     * @param floor everything born before it is invalid
     * @param raised 2 if the control key was missing, 1 if it was behind the caller, 3 if the floor was raised on purpose or
     *     since the log was full, 0 otherwise
     */
    record Minted(String epoch, long previous, long stamp, long floor, int raised) {
        /** Whether Redis had lost something that this node knew. */
        boolean historyLost() {
            return raised == 1 || raised == 2;
        }
    }

    /**
     * What a reading returned.
     *
     * @param epoch history it belongs to
     * @param stamp newest stamp
     * @param floor everything born before it is invalid
     * @param raised 2 if the control key was missing, 1 if it was behind the caller, 0 otherwise
     * @param redisMicros Redis's clock
     * @param pruned stamp up to which barriers may have been forgotten
     * @param gap barriers newer than what the caller had applied
     * @param foreign whether the gap also held barriers that this version does not know
     * @param prunedWide the same as {@code pruned}, for barriers that are not of keys
     */
    record Read(
            String epoch,
            long stamp,
            long floor,
            int raised,
            long redisMicros,
            long pruned,
            List<Barrier> gap,
            boolean foreign,
            long prunedWide) {
        /** A reading of a log from which no barrier of a tag or prefix was forgotten. */
        Read(
                String epoch,
                long stamp,
                long floor,
                int raised,
                long redisMicros,
                long pruned,
                List<Barrier> gap,
                boolean foreign) {
            this(epoch, stamp, floor, raised, redisMicros, pruned, gap, foreign, 0);
        }
    }

    /**
     * One announcement.
     *
     * @param epoch history it belongs to
     * @param previous newest stamp before it
     * @param stamp its stamp
     * @param raisesFloor whether everything born before it became invalid, or something that this version does not know
     * @param members the barriers
     */
    record Message(String epoch, long previous, long stamp, boolean raisesFloor, List<Member> members) {
        static Message parse(byte[] bytes) {
            String[] words = new String(bytes, StandardCharsets.ISO_8859_1).split(" ", -1);
            List<Member> members = new ArrayList<>(words.length - 3);
            boolean raisesFloor = false;
            for (int i = 3; i < words.length; i++) {
                Member member = Member.parse(words[i]);
                if (member != null) {
                    members.add(member);
                } else {
                    raisesFloor |= !words[i].isEmpty();
                }
            }
            return new Message(words[0], Long.parseLong(words[1]), Long.parseLong(words[2]), raisesFloor, members);
        }
    }

    /** Unique to this node; drawing a random name for each of the calls that hardly ever need one would cost more than they. */
    private final String origin = UUID.randomUUID().toString();

    private final AtomicLong candidates = new AtomicLong();

    /** The epoch of the last reply: a hint, which saves the script from looking for it. */
    private volatile String probableEpoch = "";

    private final byte[][] keys;
    private final byte[] channel;
    private final byte[] keyRetention;
    private final byte[] wideRetention;
    private final byte[] limit;
    private final int readLimit;

    /**
     * Knows where the log is and how long it remembers.
     *
     * @param keyRetention microseconds that barriers of keys are kept
     * @param wideRetention microseconds that all others are kept, not less
     * @param limit most members
     */
    ControlLog(KeyLayout layout, long keyRetention, long wideRetention, int limit) {
        this.keys = new byte[][] {layout.control()};
        this.channel = layout.channel();
        this.keyRetention = ascii(Long.toString(keyRetention));
        this.wideRetention = ascii(Long.toString(Math.max(keyRetention, wideRetention)));
        this.limit = ascii(Integer.toString(limit));
        this.readLimit = limit;
    }

    /** Mints a stamp for barriers, or for a new floor, and announces it. */
    CompletionStage<Minted> mint(
            RedisClusterAsyncCommands<byte[], byte[]> commands, long applied, boolean clear, List<Member> members) {
        byte[][] args = new byte[8 + members.size()][];
        args[0] = candidate();
        args[1] = ascii(Long.toString(applied));
        args[2] = channel;
        args[3] = ascii(probableEpoch);
        args[4] = keyRetention;
        args[5] = wideRetention;
        args[6] = limit;
        args[7] = ascii(clear ? "1" : "0");
        for (int i = 0; i < members.size(); i++) {
            args[8 + i] = ascii(members.get(i).name());
        }
        return MINT.run(commands, keys, args).thenApply(reply -> {
            String epoch = text(reply, 0);
            probableEpoch = epoch;
            return new Minted(epoch, number(reply, 1), number(reply, 2), number(reply, 3), (int) number(reply, 4));
        });
    }

    /** Reads the state, and the barriers that are newer than {@code applied} (all of them for another epoch). */
    CompletionStage<Read> read(RedisClusterAsyncCommands<byte[], byte[]> commands, String epoch, long applied) {
        return READ.run(
                        commands,
                        keys,
                        candidate(),
                        ascii(Long.toString(applied)),
                        channel,
                        ascii(epoch),
                        ascii(Integer.toString(readLimit)))
                .thenApply(ControlLog::parseRead);
    }

    /** A name that no epoch has had, for the case that this call begins one. */
    private byte[] candidate() {
        return ascii(origin + '.' + Long.toString(candidates.incrementAndGet(), Character.MAX_RADIX));
    }

    private static Read parseRead(List<Object> reply) {
        List<Barrier> gap = new ArrayList<>(Math.max(0, reply.size() - 7) / 2);
        boolean foreign = false;
        for (int i = 7; i + 1 < reply.size(); i += 2) {
            String name = text(reply, i);
            Member member = Member.parse(name);
            if (member != null) {
                gap.add(new Barrier(member, number(reply, i + 1)));
            } else {
                foreign |= !name.startsWith("!");
            }
        }
        return new Read(
                text(reply, 0),
                number(reply, 1),
                number(reply, 2),
                (int) number(reply, 3),
                number(reply, 4),
                number(reply, 5),
                gap,
                foreign,
                number(reply, 6));
    }

    private static String text(List<Object> reply, int index) {
        return new String((byte[]) reply.get(index), StandardCharsets.ISO_8859_1);
    }

    private static long number(List<Object> reply, int index) {
        return Long.parseLong(text(reply, index));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
