--[[
stats: reads rules.

KEYS
  rules...
ARGV
  given  micros?  the server's time, set by tests only
  charges  charges  see lib/charges.lua
RETURNS
  now, then for each rule: remaining wait reset frozen rate
]]
--@include lib/clock.lua
--@include lib/rule.lua
--@include lib/window.lua
--@include lib/adaptive.lua
--@include lib/charges.lua
--@include lib/charge.lua
local given = ARGV[1]
local charges = readCharges(ARGV[2])

local function remaining(charge, rule, at)
  if charge.kind == 'b' then
    return charge.a - math.ceil(math.max(0, rule.full - at) / charge.b)
  end
  if charge.kind == 'w' then
    return charge.a - (#rule.places - placeIndex(rule.places, at + 1) + 1)
  end
  return 0
end

local now = serverNow(given)
local answer = { now }
for i = 1, #charges do
  local rule = ruleAt(KEYS[i], now)
  answer[#answer + 1] = remaining(paced(charges[i], rule, now), rule, localTime(rule, now))
  answer[#answer + 1] = turnOf(charges[i], rule, now) - now
  answer[#answer + 1] = math.max(0, restsAt(rule) - now)
  answer[#answer + 1] = math.max(0, rule.thaw - now)
  answer[#answer + 1] = rateOf(charges[i], rule, now)
end
return answer
