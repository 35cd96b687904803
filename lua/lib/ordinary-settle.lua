-- The ordinary end, decided before anything else is looked at: the caller's own SENDING becomes DONE, or goes. To be
-- asked only where no rule is a window, which would have to be restamped. Answers nil for whatever else, with nothing
-- written.
local function ordinarySettle(record, owner, attempt, as, result, ttl, now, given)
  if as ~= 'done' and as ~= 'free' then
    return nil
  end
  local value = redis.pcall('GET', record)
  if type(value) ~= 'string' then
    return nil
  end
  local whose, which, expires, content = string.match(value, '^S|([^|]*)|(%d+)|%d+|(%d+)|%d+|([^|]*)|')
  if whose ~= owner or tonumber(which) ~= attempt or tonumber(expires) <= now then
    return nil
  end
  -- What Redis refuses is told by the call's own script, and to nobody who shares this run.
  if as == 'free' then
    return type(redis.pcall('DEL', record)) == 'number'
  end
  local done = string.format('D|%d|%s|', now + ttl, content) .. result
  local written = redis.pcall('SET', record, done, 'PX', sweepAfter(now + ttl, now, given))
  return not written.err
end
