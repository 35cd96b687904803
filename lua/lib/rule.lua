-- State of one rule. All that is kept, and worthless once `restsAt` has passed: a full rule has no key.
--
--   1732380000000000                          a bucket that never froze: when it will be full again
--   b<shift>,<thaw>,<full>,<lane>,<pushed>[,p<rate>,<since>,<sent>]
--                                             a bucket, or a gate that carries a freeze
--   w<shift>,<thaw>,<full>,<lane>,<pushed>[,p<rate>,<since>,<sent>],<first>,<width>:<bytes>
--                                             a window: when each place becomes free, as offsets from the first
--
-- `lane` and `pushed` tell where bulk waits, see lib/charge.lua. `p` stands there while the rate is not what the rule
-- says, or somebody has waited, see lib/adaptive.lua.
--
-- Times are whole microseconds on the rule's own clock, which a freeze stops: `shift` is how long it has stood
-- still in all, `thaw` the server time at which it runs again.

-- 16 digits of microseconds are the year 2286. What is longer is none of ours, and doubles could not count in it.
local tooLong = string.rep('%d', 17)

local function isTime(text)
  return string.find(text, '^%-?%d+$') ~= nil and not string.find(text, tooLong)
end

local function unpackPlaces(first, width, bytes)
  local places = {}
  local format = '>I' .. width
  for i = 1, #bytes / width do
    places[i] = first + struct.unpack(format, bytes, (i - 1) * width + 1)
  end
  return places
end

local function freshRule(stored)
  return { shift = 0, thaw = 0, full = 0, lane = 0, pushed = 0, rate = 1000000, since = 0, sent = 0, places = {}, stored = stored }
end

-- A value that is none of ours is never written over.
local function foreignRule()
  local rule = freshRule(false)
  rule.foreign = true
  return rule
end

local function readRule(key)
  local value = redis.pcall('GET', key)
  if not value then
    return freshRule(false)
  end
  if type(value) == 'table' then
    return foreignRule()
  end
  local rule = freshRule(true)
  local kind = string.sub(value, 1, 1)
  if kind ~= 'b' and kind ~= 'w' then
    rule.full = isTime(value) and tonumber(value)
    return rule.full and rule or foreignRule()
  end
  local shift, thaw, full, lane, pushed, from = string.match(value, '^%l(%d+),(%d+),(%-?%d+),(%-?%d+),(%d+)()')
  if not shift or string.find(string.match(value, '^[^:]*'), tooLong) then
    return foreignRule()
  end
  rule.shift, rule.thaw, rule.full = tonumber(shift), tonumber(thaw), tonumber(full)
  rule.lane, rule.pushed = tonumber(lane), tonumber(pushed)
  local rate, since, sent, after = string.match(value, '^,p(%d+),(%d+),(%d+)()', from)
  if rate then
    rule.rate, rule.since, rule.sent, from = tonumber(rate), tonumber(since), tonumber(sent), after
  end
  if kind == 'w' then
    -- A width of 0 would unpack for ever, and nobody else would be served meanwhile.
    local first, width, bytes = string.match(value, '^,(%-?%d+),([48]):()', from)
    if not first or (#value - bytes + 1) % tonumber(width) ~= 0 then
      return foreignRule()
    end
    rule.places = unpackPlaces(tonumber(first), tonumber(width), string.sub(value, bytes))
  end
  return rule
end

local function packRule(rule)
  local places = rule.places
  local pace = rule.rate == 1000000 and rule.sent == 0 and '' or string.format(',p%d,%d,%d', rule.rate, rule.since, rule.sent)
  if #places == 0 then
    if rule.shift == 0 and rule.thaw == 0 and rule.lane == 0 and rule.pushed == 0 and pace == '' then
      return string.format('%d', rule.full)
    end
    return string.format('b%d,%d,%d,%d,%d%s', rule.shift, rule.thaw, rule.full, rule.lane, rule.pushed, pace)
  end
  local first = places[1]
  local width = places[#places] - first < 4294967296 and 4 or 8
  local format = '>I' .. width
  local bytes = {}
  for i = 1, #places do
    bytes[i] = struct.pack(format, places[i] - first)
  end
  local clock = string.format('w%d,%d,%d,%d,%d%s', rule.shift, rule.thaw, rule.full, rule.lane, rule.pushed, pace)
  return clock .. string.format(',%d,%d:', first, width) .. table.concat(bytes)
end

-- Server time at which the rule is full again and runs.
local function restsAt(rule)
  local last = rule.places[#rule.places] or 0
  local recovers = rule.rate < 1000000 and rule.since + (1000000 - rule.rate) * 600 or 0
  return math.max(rule.thaw, rule.sent, recovers, math.max(rule.full, rule.lane + rule.pushed, last) + rule.shift)
end

-- Writes what was changed; a rule that was only looked at costs nothing.
local function writeRule(key, rule, now, given)
  if not rule.dirty or rule.foreign then
    return
  end
  local rests = restsAt(rule)
  if rests > now then
    redis.call('SET', key, packRule(rule), 'PX', sweepAfter(rests, now, given))
  elseif rule.stored then
    redis.call('DEL', key)
  end
end

-- A rule at rest has no state, whether its key was swept yet or not.
local function ruleAt(key, now)
  local rule = readRule(key)
  if rule.stored and restsAt(rule) <= now then
    return freshRule(true)
  end
  return rule
end

local function localTime(rule, now)
  return math.max(now, rule.thaw) - rule.shift
end

local function serverTime(rule, at, now)
  local server = at + rule.shift
  if now < rule.thaw then
    return math.max(server, rule.thaw)
  end
  return server
end

local function stopUntil(rule, now, till)
  local from = math.max(now, rule.thaw)
  if till > from then
    rule.dirty = true
    rule.shift = rule.shift + till - from
    rule.thaw = till
  end
end
