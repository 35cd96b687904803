--[[
inspect: reads one record.

KEYS
  record
ARGV
  given  micros?  the server's time, set by tests only
RETURNS
  none now | foreign now | state now owner attempt lease expires result
]]
--@include lib/clock.lua
--@include lib/record.lua
local record = KEYS[1]
local given = ARGV[1]

local now = serverNow(given)
local held = recordAt(record, now)
if not held then
  return { 'none', now }
end
if held.state == 'foreign' then
  return { 'foreign', now }
end
local names = { R = 'reserved', S = 'sending', A = 'ambiguous', D = 'done' }
local state = held.over and 'ambiguous' or names[held.state]
return { state, now, held.owner, held.attempt, held.lease, held.expires, held.result or '' }
