-- The ordinary claim, decided before anything else is looked at: nobody has the record, and each rule is a bucket that
-- never froze and has tokens now, or a gate without a freeze. Answers nil for whatever else, with nothing written; the
-- whole script decides then, and comes to the same where both could. `k` and `a` are where the call's KEYS and ARGV begin.
local function ordinaryAdmit(k, rules, a, now)
  local given, deadline = ARGV[a + 1], ARGV[a + 2]
  if ARGV[a + 3] ~= '1' or (deadline ~= '' and now > tonumber(deadline)) then
    return nil
  end
  local record = KEYS[k + 1]
  if redis.pcall('GET', record) then
    return nil
  end
  local full, paid = {}, {}
  for i = 1, rules do
    local at = a + 4 + 8 * i
    local key = KEYS[k + 1 + i]
    local value = redis.pcall('GET', key)
    local kind = ARGV[at + 1]
    if kind == 'g' and not value then
      paid[i] = string.format('%d,0,0,;', now)
    elseif kind == 'b' then
      local before = now
      if value then
        if type(value) ~= 'string' or #value > 16 or not string.find(value, '^%d+$') then
          return nil
        end
        before = math.max(tonumber(value), now)
      end
      local capacity, interval = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
      local cost = math.min(tonumber(ARGV[at + 5]), capacity)
      local after = before + cost * interval
      if ARGV[at + 6] == 'd' then
        local deepest = now + 2 * capacity * interval
        if before > deepest then
          return nil
        end
        after = math.min(after, deepest)
      elseif before - (capacity - cost) * interval > now then
        return nil
      end
      if after <= now then
        return nil
      end
      full[i] = after
      paid[i] = string.format('%d,%d,%d,;', now, after, after - before)
    else
      return nil
    end
  end
  local late = given == '' and 1 or 3600000
  for i = 1, rules do
    local key, after = KEYS[k + 1 + i], full[i]
    if after then
      redis.call('SET', key, string.format('%d', after), 'PX', math.ceil((after - now) / 1000) + late)
    end
  end
  local lease, ttl = tonumber(ARGV[a + 10]), tonumber(ARGV[a + 12])
  local expires = now + math.max(lease, ttl)
  local sending = string.format('%s|%s|%s|%d|%d|%d|%s|', ARGV[a + 7] == 'u' and 'R' or 'S', ARGV[a + 4], ARGV[a + 5],
    now + lease, expires, rules, ARGV[a + 6])
  redis.call('SET', record, sending .. table.concat(paid), 'PX', math.ceil((expires - now) / 1000) + late)
  return lease
end
