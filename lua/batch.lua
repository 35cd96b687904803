--[[
batch: several calls of one bot in one run, each as if it had come alone and in this order. Only ordinary ones are carried
out; of any other nothing is touched, and its own script is to be asked.

KEYS
  keys...    of all calls, one after another
ARGV
  given  micros?  the server's time, set by tests only
  calls... words    for each call: its letter (a admit, s settle), how many KEYS and ARGV it has, and that ARGV
RETURNS
  batch now done...
]]
--@include lib/clock.lua
--@include lib/ordinary-admit.lua
--@include lib/ordinary-settle.lua
local given = ARGV[1]

local now = serverNow(given)
local answer = { 'batch', now }
local k, at = 0, 1
while at < #ARGV do
  local letter, keys, args = ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local done
  if letter == 'a' then
    done = ordinaryAdmit(k, keys - 1, at + 3, now)
  else
    done = ordinarySettle(k, at + 3, at + 3 + args, now)
  end
  answer[#answer + 1] = done and 1 or 0
  k, at = k + keys, at + 3 + args
end
return answer
