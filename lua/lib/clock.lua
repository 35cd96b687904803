-- The server's time in microseconds; only tests give another.
local function serverNow(given)
  if given ~= '' then
    return tonumber(given)
  end
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end

-- Milliseconds until `at`, for PX. Expiry is read from the value; PX only sweeps, so it may come late. Under
-- a test's clock it comes an hour late, because real time runs beside it.
local function sweepAfter(at, now, given)
  local late = given == '' and 1 or 3600000
  return string.format('%d', math.ceil((at - now) / 1000) + late)
end
