-- One check of a subject's limits: all of them admit or none is charged. docs/ratelimit.md has the contract.
--
-- KEYS      the subject's keys, one for each of its levels, all of one slot; then a key more for each that has a penalty
-- ARGV[1]   what to do: op, cost, count, patience in us; of a take how many of the count nobody asked for
-- ARGV[1+k] the limits of KEYS[k], 23 bytes each: id, p, q, c. A deficit bucket is refilled with p/q permits per us and
--           holds c/q; a sliding window has p = 0, parts of q us, and admits c. Then, if refusals are punished, 16 bytes:
--           first and longest block in ms, refusals that lead to one, ms after which a step is forgotten.
-- ARGV[n+2] of a force: what to add to each limit of the one key, in its own units; otherwise the cost for each key,
--           where they differ
-- returns   granted, clock, and for each key now and for each of its limits the deficit, or the window; then, if refusals
--           are punished, for how many us the subject is blocked
--
-- A key holds: ts, n, n times (id, q, deficit at ts); then records of other kinds, each with its kind: 1 = a deficit
-- that only another version of the plan knows, (id, q, deficit, ts); 2 = a window, (id, part in us, newest part, n,
-- n times (age in parts, count)).
--
-- A penalty's key holds: end of the last block, doublings of the next one, refusals since, when the first of them was. It
-- is written by refusals only, and by none while a block is in force.
--
-- All numbers are integers below 2^53, which doubles hold exactly; nothing is divided but where the remainder is taken
-- off before.
local TAKE, RESERVE, REFUND, FORCE = 0, 1, 2, 3
local LIMIT, PENALTY, MAX, SPAN, DAY = 23, 16, 9007199254740992, 10, 86400000000
local pack, unpack_ = struct.pack, struct.unpack
local fmod, max, min = math.fmod, math.max, math.min

local op, cost, count, patience = unpack_('<BI7I7I7', ARGV[1])
local time = redis.call('TIME')
local clock = time[1] * 1000000 + time[2]

-- Most checks: one bucket, and a key that holds nothing else, or is not there. The same as below, without its tables.
if op == TAKE and #ARGV == 2 and #ARGV[2] == LIMIT then
  local id, p, q, c = unpack_('<I2I7I7I7', ARGV[2])
  local raw = p > 0 and redis.call('GET', KEYS[1])
  local d, plain = 0, p > 0 and not raw
  if raw and #raw == 24 then
    local ts, own, its_id, its_q, its_d = unpack_('<I7BI2I7I7', raw)
    if own == 1 and its_id == id and its_q == q and ts <= clock then
      d, plain = max(0, its_d - (clock - ts) * p), true
    end
  end
  if plain then
    local each, free, granted = cost * q, c - d, count
    if free < each then
      granted = 0
    elseif granted > 1 and granted * each > free then
      granted = (free - fmod(free, each)) / each
    end
    if granted > 0 then
      d = d + granted * each
      redis.call('SET', KEYS[1], pack('<I7BI2I7I7', clock, 1, id, q, d), 'PX', math.floor(d / p / 1000) + 1)
    end
    return pack('<I7I7I7I7', granted, clock, clock, d)
  end
end

-- d/from permits in units of 1/to, rounded up: long multiplication, since d * to has up to 95 bits.
local function rescale(d, from, to)
  local rest = fmod(d, from)
  local whole = (d - rest) / from * to
  if whole >= MAX - to then return MAX - 1 end
  local part, left, bit = 0, 0, 4398046511104
  while bit >= 1 do
    part, left = part * 2, left * 2
    if left >= from then part, left = part + 1, left - from end
    if to >= bit then
      to, left = to - bit, left + rest
      if left >= from then part, left = part + 1, left - from end
    end
    bit = bit / 2
  end
  return whole + part + (left > 0 and 1 or 0)
end

local ids, ps, qs, cs, ds, ws = {}, {}, {}, {}, {}, nil
local first, nows, rests = {}, {}, nil
local limits = 0

local keys, seen, penalties, blocks, punish = 0, 0, nil, nil, nil
repeat
  keys, seen = keys + 1, seen + 1
  if #ARGV[keys + 1] % LIMIT == PENALTY then
    penalties, seen = penalties or {}, seen + 1
    penalties[#penalties + 1] = keys
  end
until seen >= #KEYS

-- The way of a key that was last written under other limits, or has windows: finds each limit by its id.
local function adopt(k, raw, from, ts, own)
  local known, windows, at = {}, {}, 9
  for i = 1, own do
    local id, q, d
    id, q, d, at = unpack_('<I2I7I7', raw, at)
    known[id] = {q, d, ts}
  end
  while raw and at <= #raw do
    local kind, id
    kind, id, at = unpack_('<BI2', raw, at)
    if kind == 1 then
      local q, d, t
      q, d, t, at = unpack_('<I7I7I7', raw, at)
      known[id] = {q, d, t}
    else
      local w, n = {}, 0
      w.part, w.newest, n, at = unpack_('<I7I7B', raw, at)
      for i = 1, n do
        local age, c
        age, c, at = unpack_('<BI4', raw, at)
        w[age] = c
      end
      windows[id] = w
    end
  end
  local now, believe = nows[k], false
  for i = from, limits do
    local r = known[ids[i]]
    if ps[i] > 0 and r then
      if r[1] ~= qs[i] then r[2] = rescale(r[2], r[1], qs[i]) end
      believe = believe or (ts - now) * ps[i] <= r[2]
    end
  end
  -- Time does not go back, unless the key is ahead by more than any of its limits takes to be full.
  if ts > now then
    if believe then
      now = ts
    else
      for _, r in pairs(known) do r[3] = min(r[3], now) end
    end
  end
  nows[k] = now
  for i = from, limits do
    local id = ids[i]
    if ps[i] > 0 then
      local r = known[id]
      ds[i] = r and max(0, r[2] - max(0, now - r[3]) * ps[i]) or 0
      known[id] = nil
    else
      local w, part = windows[id], qs[i]
      local newest = (now - fmod(now, part)) / part
      local fresh = {part = part, newest = newest}
      if w and w.part == part then
        if w.newest > newest and w.newest - newest <= SPAN then fresh.newest = w.newest end
        local shift = max(0, newest - w.newest)
        for age = 0, SPAN do
          if w[age] and age + shift <= SPAN then fresh[age + shift] = w[age] end
        end
      elseif w then
        -- Parts of another length: whatever still counts, as just taken.
        local used = 0
        for age = 0, SPAN do
          if w[age] and (w.newest - age + SPAN + 1) * w.part > clock then used = used + w[age] end
        end
        fresh[0] = used
      end
      ws = ws or {}
      ws[i] = fresh
      windows[id] = nil
    end
  end
  local rest = {}
  for id, r in pairs(known) do
    if r[2] > 0 and now - r[3] < DAY then rest[#rest + 1] = pack('<BI2I7I7I7', 1, id, r[1], r[2], r[3]) end
  end
  for id, w in pairs(windows) do
    local parts = {}
    for age = 0, SPAN do
      if w[age] then parts[#parts + 1] = pack('<BI4', age, w[age]) end
    end
    if (w.newest + SPAN + 1) * w.part > clock then
      rest[#rest + 1] = pack('<BI2I7I7B', 2, id, w.part, w.newest, #parts) .. table.concat(parts)
    end
  end
  rests = rests or {}
  rests[k] = rest
end

if penalties then
  local which = penalties
  penalties, blocks = {}, {}
  for i, k in ipairs(which) do penalties[k] = KEYS[keys + i] end

  -- For how long the subject of a key is blocked, and whether it was before this call.
  punish = function(k, refused)
    local key, first, longest, after, forget = penalties[k], unpack_('<I4I4I4I4', ARGV[k + 1], #ARGV[k + 1] - PENALTY + 1)
    first, longest, forget = first * 1000, longest * 1000, forget * 1000
    local ends, level, refusals, since = 0, 0, 0, 0
    local raw = redis.call('GET', key)
    if raw then
      ends, level, refusals, since = unpack_('<I7BI4I7', raw)
      -- No block is so long: the clock went back, or the plan has become milder.
      if ends - clock > longest then ends = clock end
      if since > clock then since = clock end
      local calm = max(0, clock - ends)
      if calm >= forget then
        local steps = min(level, (calm - fmod(calm, forget)) / forget)
        level, ends = level - steps, ends + steps * forget
      end
      if clock - since >= forget then refusals = 0 end
      if ends > clock then return ends - clock, true end
    end
    if refused < 1 then return 0, false end
    if refusals == 0 then since = clock end
    refusals = min(4294967295, refusals + refused)
    local length = 0
    if refusals >= after then
      length = min(longest, first * 2 ^ level)
      if length < longest then level = level + 1 end
      ends, refusals = clock + length, 0
    end
    local life = ends + level * forget - clock
    if refusals > 0 then life = max(life, since + forget - clock) end
    redis.call('SET', key, pack('<I7BI4I7', ends, level, refusals, since), 'PX', math.floor(life / 1000) + 1)
    return length, false
  end
end

local granted, costs = count, op ~= FORCE and ARGV[keys + 2]
for k = 1, keys do
  if costs then cost = unpack_('<I7', costs, k * 7 - 6) end
  local blob = ARGV[k + 1]
  local from, own, windows = limits + 1, 0, false
  for at = 1, #blob - LIMIT + 1, LIMIT do
    limits = limits + 1
    ids[limits], ps[limits], qs[limits], cs[limits] = unpack_('<I2I7I7I7', blob, at)
    windows = windows or ps[limits] == 0
    ds[limits] = 0
  end
  first[k], nows[k] = from, clock
  local raw = redis.call('GET', KEYS[k])
  if raw or windows then
    local ts, plain = clock, false
    if raw then
      ts, own = unpack_('<I7B', raw)
      plain = not windows and ts <= clock and own == limits - from + 1 and #raw == 8 + 16 * own
      local at = 9
      for i = from, plain and limits or 0 do
        local id, q, d = unpack_('<I2I7I7', raw, at)
        if id ~= ids[i] or q ~= qs[i] then
          plain = false
          break
        end
        at = at + 16
        ds[i] = max(0, d - (clock - ts) * ps[i])
      end
    end
    if not plain then adopt(k, raw, from, ts, own) end
  end
  local fits = count
  for i = from, limits do
    if op == TAKE or op == RESERVE then
      local free, each
      if ps[i] > 0 then
        each, free = cost * qs[i], cs[i] - ds[i]
        if op == RESERVE and ds[i] + each < MAX then
          -- Beyond its capacity a bucket lends what comes back in time.
          free = min(MAX, free + patience * ps[i])
        end
      else
        local used = 0
        for age = 0, SPAN do used = used + (ws[i][age] or 0) end
        each, free = cost, cs[i] - used
      end
      if free < each then
        fits = 0
      elseif fits > 1 and fits * each > free then
        fits = (free - fmod(free, each)) / each
      end
    end
  end
  granted = min(granted, fits)
  if penalties and penalties[k] then
    local before
    blocks[k], before = punish(k, count - fits - (op == TAKE and patience or 0))
    -- A block that begins with this call leaves those of its checks their permits that fit.
    if before then granted = 0 end
  end
end

if granted > 0 then
  for k = 1, keys do
    if costs then cost = unpack_('<I7', costs, k * 7 - 6) end
    local now, last, format, record, rest = nows[k], (first[k + 1] or limits + 1) - 1, '<I7B', {}, rests and rests[k]
    local own, life, empty = 0, 0, not (rest and rest[1])
    for i = first[k], last do
      local w = ws and ws[i]
      if w then
        local amount = op == FORCE and unpack_('<I7', ARGV[keys + 2], (i - 1) * 7 + 1) or cost * granted
        if op == REFUND then
          for age = 0, SPAN do
            local back = min(amount, w[age] or 0)
            if back > 0 then w[age] = w[age] > back and w[age] - back or nil end
            amount = amount - back
          end
        else
          w[0] = min(4294967295, (w[0] or 0) + amount)
        end
        local parts = {}
        for age = 0, SPAN do
          if w[age] and w[age] > 0 then parts[#parts + 1] = pack('<BI4', age, w[age]) end
        end
        if parts[1] then
          rest = rest or {}
          rest[#rest + 1] = pack('<BI2I7I7B', 2, ids[i], w.part, w.newest, #parts) .. table.concat(parts)
          life, empty = max(life, (w.newest + SPAN + 1) * w.part - now), false
        end
      else
        local p, q, d = ps[i], qs[i], ds[i]
        if op == REFUND then
          d = max(0, d - cost * granted * q)
        elseif op == FORCE then
          -- Beyond the capacity, since others may have used up meanwhile what this was granted from.
          d = max(d, min(2 * cs[i], MAX - 1, d + unpack_('<I7', ARGV[keys + 2], (i - 1) * 7 + 1)))
        else
          d = d + cost * granted * q
        end
        ds[i] = d
        life, empty = max(life, d / p), empty and d == 0
        record[own * 3 + 3], record[own * 3 + 4], record[own * 3 + 5] = ids[i], q, d
        own = own + 1
      end
    end
    if empty then
      redis.call('DEL', KEYS[k])
    else
      record[1], record[2] = now, own
      local value = pack('<I7B' .. string.rep('I2I7I7', own), unpack(record))
      if rest and rest[1] then value = value .. table.concat(rest) end
      -- A key lives until it says nothing more: a millisecond more rather than less.
      local millis = math.floor((life + now - clock) / 1000) + 1
      if rests and rests[k] then millis = max(millis, redis.call('PTTL', KEYS[k])) end
      redis.call('SET', KEYS[k], value, 'PX', millis)
    end
  end
end

local reply = {pack('<I7I7', granted, clock)}
for k = 1, keys do
  reply[#reply + 1] = pack('<I7', nows[k])
  for i = first[k], (first[k + 1] or limits + 1) - 1 do
    local w = ws and ws[i]
    if w then
      reply[#reply + 1] = pack('<I7', w.newest)
      for age = 0, SPAN do reply[#reply + 1] = pack('<I4', w[age] or 0) end
    else
      reply[#reply + 1] = pack('<I7', ds[i])
    end
  end
  if blocks and blocks[k] then reply[#reply + 1] = pack('<I7', blocks[k]) end
end
return table.concat(reply)
