--[[
admit: claims the record and pays the rules, narrow to wide, up to the first that must be waited for. Paying
the last one writes SENDING (or claims the update). Looks first and writes then: a refusal leaves no trace.

KEYS
  records...  the record and the ids under which older secrets would have filed it; none: nothing is claimed
  rules...    narrow to wide
ARGV
  given     micros?  the server's time, set by tests only
  deadline  micros?  after it nothing is done
  claimed   count    how many of KEYS are records
  owner     text
  attempt   count
  content   text     content hash to compare; empty: none
  mode      text     s send, u update
  takes     flag     treat AMBIGUOUS as free
  maxWait   micros
  lease     micros
  grace     micros
  ttl       micros
  charges   charges  see lib/charges.lua
RETURNS
  go now lease | wait now wait rule | refused now after rule | busy now state wait | done now result
  ambiguous now | mismatch now | expired now | foreign now
]]
--@include lib/clock.lua
--@include lib/charges.lua
--@include lib/ordinary-admit.lua
local given = ARGV[1]
local deadline = ARGV[2]
local claimed = tonumber(ARGV[3])
local owner = ARGV[4]
local attempt = tonumber(ARGV[5])
local content = ARGV[6]
local mode = ARGV[7]
local takes = ARGV[8] == '1'
local maxWait = tonumber(ARGV[9])
local lease = tonumber(ARGV[10])
local grace = tonumber(ARGV[11])
local ttl = tonumber(ARGV[12])
local charges = readCharges(ARGV[13])

local now = serverNow(given)
if claimed == 1 then
  local claim = {
    owner = owner, attempt = attempt, content = content, deadline = tonumber(deadline),
    mode = mode, lease = lease, ttl = ttl,
  }
  local places, known, changed = {}, {}, {}
  for i = 1, #KEYS do
    places[i] = i
  end
  if ordinaryAdmit(claim, charges, places, 1, known, changed, now, given) then
    writeOrdinary(known, changed, now, given)
    return { 'go', now, lease }
  end
end

--@include lib/rule.lua
--@include lib/window.lua
--@include lib/adaptive.lua
--@include lib/charge.lua
--@include lib/owner.lua
--@include lib/record.lua
if deadline ~= '' and now > tonumber(deadline) then
  return { 'expired', now }
end

local function ruleKey(i)
  return KEYS[claimed + i]
end

-- What a record means to this caller: claim, resume, or the answer.
local function meet(record, compare)
  if not record then
    return 'claim'
  end
  if record.state == 'foreign' then
    return 'foreign'
  end
  local own = standsAt(record, owner, attempt)
  local ambiguous = record.state == 'A' or record.over
  if record.state == 'R' and record.lease <= now and not own then
    return 'claim'
  end
  if ambiguous and takes and not own then
    return 'claim'
  end
  if compare and content ~= '' and record.content ~= '' and record.content ~= content then
    return 'mismatch'
  end
  if record.state == 'D' then
    return 'done'
  end
  if ambiguous then
    return 'ambiguous'
  end
  if not own then
    return record.state == 'R' and 'reserved' or 'sending'
  end
  return record.state == 'R' and 'resume' or 'go'
end

local function answer(meeting, record)
  if meeting == 'resume' or meeting == 'go' then
    return { 'go', now, record.lease - now }
  elseif meeting == 'done' then
    return { 'done', now, record.result }
  elseif meeting == 'reserved' then
    return { 'busy', now, 'reserved', math.max(0, record.lease - grace - now) }
  elseif meeting == 'sending' then
    return { 'busy', now, 'sending', 0 }
  end
  return { meeting, now }
end

-- Whose record is it?
local record
for i = 2, claimed do
  local alias = recordAt(KEYS[i], now)
  local meeting = meet(alias, false)
  if meeting ~= 'claim' then
    return answer(meeting, alias)
  end
end
if claimed > 0 then
  local held = recordAt(KEYS[1], now)
  local meeting = meet(held, true)
  if meeting == 'resume' and mode == 's' then
    record = held
  elseif meeting ~= 'claim' then
    return answer(meeting, held)
  end
end

local rules = {}
for i = 1, #charges do
  rules[i] = ruleAt(ruleKey(i), now)
  if rules[i].foreign then
    return { 'foreign', now }
  end
end

local function writeRules(last)
  for i = 1, last do
    writeRule(ruleKey(i), rules[i], now, given)
  end
end

local paid = record and record.paid or {}

local function refuse(at, rule)
  if record then
    for i = 1, #paid do
      giveBack(charges[i], rules[i], paid[i])
    end
    writeRules(#paid)
    redis.call('DEL', KEYS[1])
  end
  return { 'refused', now, at - now, rule - 1 }
end

local function hold(state, stage, till)
  local expires = math.max(now + ttl, till, record and record.expires or 0)
  writeRecord(KEYS[1], {
    state = state, owner = owner, attempt = attempt, lease = till, expires = expires, stage = stage,
    content = content, paid = paid,
  }, now, given)
end

local first = 1
if record then
  -- The reserved turn: its own time, no frozen rule on the way, no place run out meanwhile.
  local stage = record.stage + 1
  local due, dueRule = now, stage
  for i = 1, math.min(stage, #charges) do
    local at = readyAt(charges[i], rules[i], paid[i], now)
    if at > due then
      due, dueRule = at, i
    end
  end
  if due > now then
    if due - now > maxWait then
      return refuse(due, dueRule)
    end
    postpone(charges[dueRule], rules[dueRule], paid[dueRule], due)
    writeRule(ruleKey(dueRule), rules[dueRule], now, given)
    record.lease = math.max(record.lease, due + grace)
    record.expires = math.max(record.expires, record.lease)
    writeRecord(KEYS[1], record, now, given)
    return { 'wait', now, due - now, dueRule - 1 }
  end
  first = stage + 1
end

local stop, at = first, now
while stop <= #charges do
  at = turnOf(charges[stop], rules[stop], now)
  if at > now then
    break
  end
  stop = stop + 1
end
if stop > #charges then
  at = now
end
if at - now > maxWait then
  return refuse(at, stop)
end
if claimed == 0 then
  if stop > #charges then
    return { 'go', now, 0 }
  end
  return { 'wait', now, at - now, stop - 1 }
end
for i = first, math.min(stop, #charges) do
  paid[i] = pay(charges[i], rules[i], now)
end
if stop <= #charges then
  writeRules(stop)
  hold('R', stop - 1, at + grace)
  return { 'wait', now, at - now, stop - 1 }
end
for i = 1, #charges do
  markSending(charges[i], rules[i], paid[i], now)
end
writeRules(#charges)
hold(mode == 'u' and 'R' or 'S', #charges, now + lease)
return { 'go', now, lease }
