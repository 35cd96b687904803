--[[
batch: several calls of one bot in one run, each as if it had come alone and in this order. Only ordinary ones are carried
out; of any other nothing is touched, and its own script is to be asked. A bucket that many of them pay is written once.

KEYS
  keys...    of all calls, each once
ARGV
  given  micros?  the server's time, set by tests only
  asked  text     JSON, [plans, calls]. A plan: [mode, lease, ttl, charges], see lib/charges.lua. A call is a claim:
                  [plan, owner, attempt, content, deadline, record, rules...] or an end, whose plan is 0:
                  [0, owner, attempt, as, ttl, record, result]. Plans, records, rules and results by their place, from 1.
  results... words
RETURNS
  batch now done
]]
--@include lib/clock.lua
--@include lib/charges.lua
--@include lib/ordinary-admit.lua
--@include lib/ordinary-settle.lua
local given = ARGV[1]
local asked = ARGV[2]

local now = serverNow(given)
local plans, calls = unpack(cjson.decode(asked))
for i = 1, #plans do
  namedCharges(plans[i][4])
end
local known, changed, done = {}, {}, {}
for i = 1, #calls do
  local call = calls[i]
  local plan = plans[call[1]]
  local carriedOut
  if plan then
    local claim = {
      owner = call[2], attempt = call[3], content = call[4], deadline = call[5],
      mode = plan[1], lease = plan[2], ttl = plan[3],
    }
    carriedOut = ordinaryAdmit(claim, plan[4], call, 6, known, changed, now, given)
  else
    carriedOut = ordinarySettle(KEYS[call[6]], call[2], call[3], call[4], ARGV[2 + call[7]], call[5], now, given)
  end
  done[i] = carriedOut and '1' or '0'
end
writeOrdinary(known, changed, now, given)
return { 'batch', now, table.concat(done) }
