--[[
settle: writes how a send ended. The own owner may do so late, after its lease; a second settle, or one of
another owner or attempt, changes nothing.

KEYS
  record
  rules...   what the call has paid, narrow to wide
ARGV
  given    micros?  the server's time, set by tests only
  owner    text
  attempt  count
  as       text     done, free, unsent (turns are given back) or ambiguous
  result   text     what a replay returns
  ttl      micros
  charges  charges  see lib/charges.lua
RETURNS
  settled now | refused now
]]
--@include lib/clock.lua
--@include lib/ordinary-settle.lua
local record = KEYS[1]
local given = ARGV[1]
local owner = ARGV[2]
local attempt = tonumber(ARGV[3])
local as = ARGV[4]
local result = ARGV[5]
local ttl = tonumber(ARGV[6])

local now = serverNow(given)
local windows = string.find(ARGV[7], '"w"', 1, true)
if not windows and ordinarySettle(record, owner, attempt, as, result, ttl, now, given) then
  return { 'settled', now }
end

--@include lib/rule.lua
--@include lib/window.lua
--@include lib/adaptive.lua
--@include lib/charges.lua
--@include lib/charge.lua
--@include lib/owner.lua
--@include lib/record.lua
local charges = readCharges(ARGV[7])

local held = recordAt(record, now)
local mine = held and held.state ~= 'D' and standsAt(held, owner, attempt)
if not mine or (as == 'ambiguous' and held.state ~= 'S') then
  return { 'refused', now }
end
for i = 1, math.min(#held.paid, #charges) do
  local rule = ruleAt(KEYS[i + 1], now)
  if as == 'unsent' then
    giveBack(charges[i], rule, held.paid[i])
  else
    markSettled(charges[i], rule, held.paid[i], now)
  end
  writeRule(KEYS[i + 1], rule, now, given)
end
if as == 'unsent' or as == 'free' then
  redis.call('DEL', record)
else
  held.state = as == 'done' and 'D' or 'A'
  held.result = result
  held.expires = now + ttl
  writeRecord(record, held, now, given)
end
return { 'settled', now }
