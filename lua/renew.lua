--[[
renew: prolongs the lease of an open request; places in windows move with it. Not once the lease is over:
others have read the record as AMBIGUOUS by then.

KEYS
  record
  rules...   what the call has paid, narrow to wide
ARGV
  given    micros?  the server's time, set by tests only
  owner    text
  attempt  count
  lease    micros
  charges  charges  see lib/charges.lua
RETURNS
  renewed now | refused now
]]
--@include lib/clock.lua
--@include lib/rule.lua
--@include lib/window.lua
--@include lib/adaptive.lua
--@include lib/charges.lua
--@include lib/charge.lua
--@include lib/owner.lua
--@include lib/record.lua
local record = KEYS[1]
local given = ARGV[1]
local owner = ARGV[2]
local attempt = tonumber(ARGV[3])
local lease = tonumber(ARGV[4])
local charges = readCharges(ARGV[5])

local now = serverNow(given)
local held = recordAt(record, now)
if not held or not standsAt(held, owner, attempt) or held.lease <= now then
  return { 'refused', now }
end
held.lease = now + lease
held.expires = math.max(held.expires, held.lease)
if held.state == 'S' then
  for i = 1, math.min(#held.paid, #charges) do
    local rule = ruleAt(KEYS[i + 1], now)
    markOpen(charges[i], rule, held.paid[i], now)
    writeRule(KEYS[i + 1], rule, now, given)
  end
end
writeRecord(record, held, now, given)
return { 'renewed', now }
