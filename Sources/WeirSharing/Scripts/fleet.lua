-- What a fleet of Weirs shares of one upstream: who takes part, what each has used of every shared limit, and the
-- provider's stops. One call decides all limits for one instance. docs/decisions/0008-shared-limits.md has the rules
-- and why their sum never exceeds a limit.
--
-- KEYS[1] is the fleet: run, last, ready, settled, filled, m<slot> = "id seq until at", g<slot> and x<slot> = until,
-- stop:<scope> = "until ban status". Each limit has two more: a hash of figures by slot (u<slot> used, w<slot> wants
-- until) and a list of what is in use, oldest first, "expiry slot units". Times are this server's, in microseconds.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]

local verb, id, seq = ARGV[1], ARGV[2], tonumber(ARGV[3])
if verb == 'time' then return {'time', now} end

local deadline, lease, instances = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local run, slack, memory, told = ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10]
local FIRST, FIELDS = 11, 10
-- How long after its grace a server keeps the part of instances that it has not seen.
local SETTLING = 5000000
-- How long the places of an instance count that is silent.
local PLACE_LEASE = 60000000
-- When to ask again where no time tells when there will be room.
local BLIND_RETRY = 20000
-- A clock that is set back by more begins anew.
local CLOCK_STEP = 1000000
-- A window tells so many moments apart where its units are more.
local MOMENTS = 1024

local fleet = KEYS[1]
local int = function(number) return string.format('%.0f', number) end
local function fields(key)
  local flat, map = redis.call('HGETALL', key), {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

local state = fields(fleet)
for k = 1, instances do
  local known = string.match(state['m' .. k] or '', '^' .. id .. ' (%d+) ')
  if known and seq <= tonumber(known) then return {'late', now} end
end
if now > deadline then return {'stale', now} end
local last = tonumber(state.last or '0')
if state.run ~= run or last > now + CLOCK_STEP then
  -- A new server, or an emptied one, knows nothing for certain, whatever it has kept.
  redis.call('DEL', unpack(KEYS))
  state = { run = run, ready = int(now + memory), settled = int(now + memory + SETTLING) }
  redis.call('HSET', fleet, 'run', run, 'ready', state.ready, 'settled', state.settled)
  last = now
end
now = math.max(now, last)
local ready, settled = tonumber(state.ready), tonumber(state.settled)

-- Who takes part.
local members, ghosts, slot, joined, isInDoubt = {}, {}, nil, 0, false
for k = 1, instances do
  local text = state['m' .. k]
  if text then
    local name, till, at = string.match(text, '^(%S+) %d+ (%d+) (%d+)$')
    members[k] = { id = name, till = tonumber(till), at = tonumber(at) }
    joined = joined + 1
    if name == id then slot = k end
    -- Not heard of since a place was taken over, it may have crashed before.
    if name ~= id and tonumber(at) <= tonumber(state.filled or '0') + slack then isInDoubt = true end
  end
end
for k = 1, instances do
  -- Whoever lost this place to another may still use its part, until all that it had used before has gone; where
  -- another has crashed, until that one's place keeps a part instead and all that it had used has gone.
  ghosts[k] = math.max(tonumber(state['g' .. k] or '0'), isInDoubt and tonumber(state['x' .. k] or '0') or 0)
end

-- How many do without this server, for all it knows.
local function countApart()
  local count = 0
  for k = 1, instances do
    if members[k] then
      if members[k].till < now then count = count + 1 end
    elseif now < settled then
      count = count + 1
    end
    if ghosts[k] > now then count = count + 1 end
  end
  return math.min(count, instances - 1)
end
local apartBefore = countApart()

if verb == 'leave' then
  -- One that is silent may be doing without this server: its part stays kept.
  if slot and members[slot].till >= now then redis.call('HDEL', fleet, 'm' .. slot) end
  return {'left', now}
end
local returns, takes = slot ~= nil, false
if verb == 'join' then
  if not slot then
    for k = instances, 1, -1 do
      if not members[k] then slot = k end
    end
    if slot then
      joined = joined + 1
      if joined == instances then
        state.filled = int(now)
        redis.call('HSET', fleet, 'filled', state.filled)
      end
    end
  end
  if not slot then
    for k = 1, instances do
      if members[k].till < now and (not slot or members[k].till < members[slot].till) then slot = k end
    end
    takes = slot ~= nil
    if takes then
      redis.call('HSET', fleet, 'g' .. slot, int(math.max(ghosts[slot], members[slot].till + memory)))
      for k = 1, instances do ghosts[slot] = math.max(ghosts[slot], members[k].till + memory) end
      redis.call('HSET', fleet, 'x' .. slot, int(ghosts[slot]))
      state.filled = int(now)
      redis.call('HSET', fleet, 'filled', state.filled)
    end
  end
  if not slot then return {'full', now} end
elseif not slot then
  return {'unknown', now}
end
members[slot] = { id = id, till = now + lease, at = now }
if now < ready and joined == instances and not isInDoubt and now > tonumber(state.filled) + slack then
  -- All that take part have been heard of since the last one came: all that runs has told what it has used.
  ready, settled = now, now
  redis.call('HSET', fleet, 'ready', int(ready), 'settled', int(settled))
end
redis.call('HSET', fleet, 'last', int(now),
  'm' .. slot, id .. ' ' .. int(seq) .. ' ' .. int(now + lease) .. ' ' .. int(now))
redis.call('PEXPIRE', fleet, int(memory / 1000 + 60000))

local apart = countApart()

-- The provider's stops: "scope:left:ban:status" in, the same out.
for scope, left, ban, status in string.gmatch(told, '([^:,]*):(%d+):([01]):(%d+)') do
  local till = now + tonumber(left)
  local old = state['stop:' .. scope]
  if not old or tonumber(string.match(old, '^%d+')) < till then
    state['stop:' .. scope] = int(till) .. ' ' .. ban .. ' ' .. status
    redis.call('HSET', fleet, 'stop:' .. scope, state['stop:' .. scope])
  end
end
local stops = {}
for name, text in pairs(state) do
  local till, ban, status = string.match(text, '^(%d+) ([01]) (%d+)$')
  if string.sub(name, 1, 5) == 'stop:' and till then
    if tonumber(till) > now then
      stops[#stops + 1] = string.sub(name, 6) .. ':' .. int(tonumber(till) - now) .. ':' .. ban .. ':' .. status
    else
      redis.call('HDEL', fleet, name)
    end
  end
end

local reply = {'ok', now, table.concat(stops, ',')}

local function parse(entry)
  local expiry, k, units = string.match(entry, '^(%d+) (%d+) (%d+)$')
  return tonumber(expiry), tonumber(k), tonumber(units)
end
local function entry(expiry, k, units) return int(expiry) .. ' ' .. k .. ' ' .. int(units) end

-- When a unit that was decided at `at` stops counting.
local function expiryOf(kind, at, span, margin, quantum)
  if kind == 'w' then
    local expiry = at + span + margin + slack
    return expiry + (quantum - expiry % quantum) % quantum
  end
  -- The window after the last one that it may be counted in.
  local sent = at + slack + margin
  return sent - sent % span + span + margin
end

for i = 1, (#ARGV - FIRST + 1) / FIELDS do
  local at = FIRST + (i - 1) * FIELDS
  local kind, capacity, span, margin = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local floor, want, least = tonumber(ARGV[at + 4]), tonumber(ARGV[at + 5]), tonumber(ARGV[at + 6])
  local room, held, list = tonumber(ARGV[at + 7]), tonumber(ARGV[at + 8]), ARGV[at + 9]
  local hash, log = KEYS[2 * i], KEYS[2 * i + 1]
  local figures = fields(hash)
  local part = math.max(1, math.floor(capacity / instances))
  local used, wants, changed = {}, {}, {}
  for k = 1, 2 * instances do used[k] = tonumber(figures['u' .. k] or '0') end
  if takes then
    -- What its former holder used counts apart, beyond the places of those who take part.
    used[instances + slot] = used[instances + slot] + used[slot]
    used[slot] = 0
  end
  for k = 1, instances do
    wants[k] = members[k] and tonumber(figures['w' .. k] or '0') or 0
  end
  local isWindow = kind == 'w' or kind == 'c'
  local quantum = capacity > MOMENTS and math.ceil(span / MOMENTS) or 1

  if isWindow then
    while true do
      local head = redis.call('LINDEX', log, 0)
      if not head then break end
      local expiry, k, units = parse(head)
      if expiry > now then break end
      redis.call('LPOP', log)
      used[k] = (used[k] or 0) - units
    end
    if verb == 'join' then
      -- What it reports takes the place of what was known of it.
      local entries = {}
      for _, text in ipairs(redis.call('LRANGE', log, 0, -1)) do
        local expiry, k, units = parse(text)
        if k == slot and takes then k = instances + slot end
        if k ~= slot or not returns then entries[#entries + 1] = { expiry, k, units } end
      end
      if returns then used[slot] = 0 end
      for age, units in string.gmatch(list, '(%d+):(%d+)') do
        local expiry = expiryOf(kind, now - tonumber(age), span, margin, quantum)
        if expiry > now then
          entries[#entries + 1] = { expiry, slot, tonumber(units) }
          used[slot] = used[slot] + tonumber(units)
        end
      end
      table.sort(entries, function(a, b) return a[1] < b[1] end)
      redis.call('DEL', log)
      for _, e in ipairs(entries) do redis.call('RPUSH', log, entry(e[1], e[2], e[3])) end
    else
      -- What it was granted and has not used.
      for expiry, units in string.gmatch(list, '(%d+):(%d+)') do
        expiry, units = tonumber(expiry), tonumber(units)
        local length = redis.call('LLEN', log)
        local first = math.max(0, length - 64)
        for place, text in ipairs(redis.call('LRANGE', log, first, -1)) do
          local e, k, u = parse(text)
          if k == slot and e == expiry then
            local back = math.min(u, units)
            redis.call('LSET', log, first + place - 1, entry(e, k, u - back))
            used[slot] = used[slot] - back
            break
          end
        end
      end
    end
  elseif kind == 'p' then
    used[slot] = held
    for k = 1, instances do
      if not members[k] or members[k].till < now - PLACE_LEASE then used[k] = 0 end
      if ghosts[k] <= now then used[instances + k] = 0 end
    end
  else
    -- Recent use only serves to share fairly: it halves each second.
    local since = tonumber(figures.since or '0')
    if now - since >= 1000000 then
      for k = 1, instances do used[k] = now - since < 2000000 and math.floor(used[k] / 2) or 0 end
      changed.since = int(now)
    end
  end
  for k = 1, 2 * instances do used[k] = math.max(0, used[k]) end

  -- What is free for this instance.
  local free, retry, isKept
  local available, pace
  if isWindow or kind == 'p' then
    free = capacity - used[slot]
    for k = 1, instances do
      if k ~= slot then
        local kept = 0
        if members[k] then
          kept = members[k].till < now and part or floor
        elseif now < settled then
          kept = part
        end
        free = free - math.max(kept, used[k])
      end
      free = free - math.max(ghosts[k] > now and part or 0, used[instances + k])
    end
    isKept = now >= ready and free + used[slot] >= floor
    if now < ready then free = math.min(free, room - used[slot]) end
  elseif kind == 'b' then
    -- Grown by the pace that was left to those who took part until now.
    available = tonumber(figures.level or '0')
        + (now - tonumber(figures.at or int(now))) * span / margin * (instances - apartBefore) / instances
    pace = span / margin * (instances - apart) / instances
    available = math.min(capacity * (instances - math.max(apart, apartBefore)) / instances, available)
    free = math.floor(available)
  else
    local nextAt = tonumber(figures.next or '0')
    for age in string.gmatch(list, '(%d+):') do
      if verb == 'join' then nextAt = math.max(nextAt, now - tonumber(age) + span + margin + slack) end
    end
    changed.next = int(nextAt)
    free = now >= nextAt and 1 or 0
    retry = nextAt
  end

  -- Nobody goes above its part while another is below its own and wants more.
  local active, hungryTill = 1, nil
  for k = 1, instances do
    if k ~= slot and wants[k] > now then active = active + 1 end
  end
  local share = capacity / active
  if not isWindow and kind ~= 'p' then
    share = used[slot]
    for k = 1, instances do
      if k ~= slot and wants[k] > now then share = share + used[k] end
    end
    share = share / active
  end
  for k = 1, instances do
    if k ~= slot and wants[k] > now and used[k] < math.floor(share) then
      hungryTill = math.min(hungryTill or wants[k], wants[k])
    end
  end
  local open = free
  if hungryTill then
    if isWindow or kind == 'p' then
      free = math.min(free, math.floor(share) - used[slot])
    elseif used[slot] > share then
      free = 0
    end
  end

  local granted = math.min(want, free)
  if granted < least or granted < 0 or verb == 'join' then granted = 0 end
  local expiry = 0
  if granted > 0 then
    used[slot] = used[slot] + granted
    if isWindow then
      expiry = expiryOf(kind, now, span, margin, quantum)
      local isMerged = false
      local first = math.max(0, redis.call('LLEN', log) - instances)
      for place, text in ipairs(redis.call('LRANGE', log, first, -1)) do
        local e, k, u = parse(text)
        if k == slot and e == expiry then
          redis.call('LSET', log, first + place - 1, entry(e, k, u + granted))
          isMerged = true
          break
        end
      end
      if not isMerged then redis.call('RPUSH', log, entry(expiry, slot, granted)) end
    elseif kind == 'b' then
      available = available - granted
    elseif kind == 's' then
      local gap = span * instances / (instances - apart) + margin + slack
      changed.next = int(now + math.ceil(gap))
      retry = now + math.ceil(gap)
    end
  end
  if kind == 'b' then
    changed.level = string.format('%.17g', available)
    changed.at = int(now)
  end

  -- When to ask again.
  local isMet = granted >= want
  if isMet then
    retry = 0
  else
    local missing = math.max(1, least) - (open - granted)
    if isWindow then
      retry = nil
      for _, text in ipairs(redis.call('LRANGE', log, 0, 63)) do
        local e, _, u = parse(text)
        missing = missing - u
        if u > 0 then retry = e end
        if missing <= 0 then break end
      end
      if now < ready then retry = now + BLIND_RETRY end
    elseif kind == 'b' then
      retry = now + math.ceil(math.max(0, math.max(1, least) - available) / pace)
    elseif kind == 'p' then
      retry = now + BLIND_RETRY
    end
    retry = math.max(retry or now + BLIND_RETRY * 10, now + 1000)
    if hungryTill and open > free then retry = math.max(now + 1000, math.min(retry, hungryTill)) end
  end
  -- An instance that waits for what it asked for earlier says so by a least without a want.
  if want > 0 or least == 0 then changed['w' .. slot] = isMet and '0' or int(retry + slack) end
  for k = 1, 2 * instances do changed['u' .. k] = int(used[k]) end
  local flat = {}
  for name, value in pairs(changed) do
    flat[#flat + 1] = name
    flat[#flat + 1] = value
  end
  redis.call('HSET', hash, unpack(flat))
  redis.call('PEXPIRE', hash, int(memory / 1000 + 60000))
  if isWindow then redis.call('PEXPIRE', log, int(memory / 1000 + 60000)) end

  local total = 0
  if isWindow or kind == 'p' then
    for k = 1, 2 * instances do total = total + used[k] end
  elseif kind == 'b' then
    total = math.max(0, math.ceil(capacity - available))
  else
    total = tonumber(changed.next) > now and 1 or 0
  end
  reply[#reply + 1] = granted
  reply[#reply + 1] = expiry
  reply[#reply + 1] = retry
  reply[#reply + 1] = total
  reply[#reply + 1] = isKept and 1 or 0
end
return reply
