--[[
freeze: after a 429 the rule's clock stops until now + retry_after (never shortened) and the caller's record
goes back in line, SENDING → RESERVED at the next attempt, with its turn at the thaw. The frozen rule and
narrower ones stay paid, wider ones are paid again. Run twice it counts once.

KEYS
  rule        the rule that stands still
  records...  the caller's record; none: only the rule is frozen
ARGV
  given    micros?  the server's time, set by tests only
  owner    text
  attempt  count
  frozen   count    index of the rule among those that the call pays, from 0
  after    micros   retry_after
  grace    micros
  charges  charges  of the rule, see lib/charges.lua
RETURNS
  frozen now wait | lost now
]]
--@include lib/clock.lua
--@include lib/rule.lua
--@include lib/window.lua
--@include lib/adaptive.lua
--@include lib/charges.lua
--@include lib/charge.lua
--@include lib/record.lua
local rule = KEYS[1]
local given = ARGV[1]
local owner = ARGV[2]
local attempt = tonumber(ARGV[3])
local frozen = tonumber(ARGV[4])
local after = tonumber(ARGV[5])
local grace = tonumber(ARGV[6])
local charges = readCharges(ARGV[7])

local now = serverNow(given)
local state = ruleAt(rule, now)
if #KEYS == 1 then
  if now >= state.thaw then
    slowDown(charges[1], state, now, now + after)
  end
  stopUntil(state, now, now + after)
  writeRule(rule, state, now, given)
  return { 'frozen', now, math.max(0, state.thaw - now) }
end

local record = KEYS[2]
local held = recordAt(record, now)
local own = held and held.owner == owner
local repeated = own and held.state == 'R' and held.attempt == attempt + 1
if not repeated and not (own and held.state == 'S' and held.attempt == attempt) then
  return { 'lost', now }
end
if not repeated then
  if now >= state.thaw then
    slowDown(charges[1], state, now, now + after)
  end
  stopUntil(state, now, now + after)
  writeRule(rule, state, now, given)
  held.state = 'R'
  held.attempt = attempt + 1
  held.stage = frozen
  for i = #held.paid, frozen + 2, -1 do
    held.paid[i] = nil
  end
  held.paid[frozen + 1].turn = localTime(state, now)
  held.lease = math.max(now, state.thaw) + grace
  held.expires = math.max(held.expires, held.lease)
  writeRecord(record, held, now, given)
end
local paid = held.paid[frozen + 1]
local ready = paid and readyAt(charges[1], state, paid, now) or state.thaw
return { 'frozen', now, math.max(0, ready - now) }
