-- The ordinary end, decided before anything else is looked at: the caller's own SENDING becomes DONE, or goes, and no
-- rule among its charges is a window that would have to be restamped. Answers nil for whatever else, with nothing
-- written. `k` and `a` are where the call's KEYS and ARGV begin, `last` is where its ARGV ends.
local function ordinarySettle(k, a, last, now)
  local as = ARGV[a + 4]
  if as ~= 'done' and as ~= 'free' then
    return nil
  end
  for at = a + 7, last, 8 do
    if ARGV[at] == 'w' then
      return nil
    end
  end
  local record = KEYS[k + 1]
  local value = redis.pcall('GET', record)
  if type(value) ~= 'string' then
    return nil
  end
  local owner, attempt, expires, content = string.match(value, '^S|([^|]*)|(%d+)|%d+|(%d+)|%d+|([^|]*)|')
  if owner ~= ARGV[a + 2] or attempt ~= ARGV[a + 3] or tonumber(expires) <= now then
    return nil
  end
  if as == 'free' then
    redis.call('DEL', record)
    return true
  end
  local ttl = tonumber(ARGV[a + 6])
  local late = ARGV[a + 1] == '' and 1 or 3600000
  redis.call('SET', record, string.format('D|%d|%s|', now + ttl, content) .. ARGV[a + 5], 'PX', math.ceil(ttl / 1000) + late)
  return true
end
