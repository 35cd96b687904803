-- The ordinary claim, decided before anything else is looked at: nobody has the record, and each rule is a bucket that
-- never froze and has tokens now, or a gate without a freeze. Answers nil for whatever else, with nothing written; the
-- whole script decides then, and comes to the same where both could.
--
--   claim   owner, attempt, content, mode, lease, ttl, deadline (false: none)
--   keys    where in KEYS its record and its rules are: keys[from] and those after it
--   known   by place in KEYS what a bucket was found at, or made: 0 is a full one, false is not ordinary
--   changed those that must be written, in order; the caller does it
local function ordinaryAdmit(claim, charges, keys, from, known, changed, now, given)
  if claim.deadline and now > claim.deadline then
    return nil
  end
  local record = KEYS[keys[from]]
  if redis.pcall('GET', record) then
    return nil
  end
  local full, paid = {}, {}
  for i = 1, #charges do
    local charge, at = charges[i], keys[from + i]
    local key = KEYS[at]
    local before = known[at]
    if before == nil then
      local value = redis.pcall('GET', key)
      before = not value and 0
      if type(value) == 'string' and #value <= 16 and string.find(value, '^%d+$') then
        before = tonumber(value)
      end
      known[at] = before
    end
    if charge.kind == 'g' and before == 0 then
      paid[i] = string.format('%d,0,0,;', now)
    elseif charge.kind == 'b' and before then
      before = math.max(before, now)
      local cost = math.min(charge.cost, charge.a)
      local after = before + cost * charge.b
      if charge.debit then
        local deepest = now + 2 * charge.a * charge.b
        if before > deepest then
          return nil
        end
        after = math.min(after, deepest)
      elseif before - (charge.a - cost) * charge.b > now then
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
  local expires = now + math.max(claim.lease, claim.ttl)
  local sending = string.format('%s|%s|%d|%d|%d|%d|%s|', claim.mode == 'u' and 'R' or 'S', claim.owner, claim.attempt,
    now + claim.lease, expires, #charges, claim.content) .. table.concat(paid)
  -- What Redis refuses is told by the call's own script, and to nobody who shares this run.
  if redis.pcall('SET', record, sending, 'PX', sweepAfter(expires, now, given)).err then
    return nil
  end
  for i = 1, #charges do
    if full[i] then
      local at = keys[from + i]
      known[at] = full[i]
      changed[#changed + 1] = at
    end
  end
  return claim.lease
end

-- Each bucket once, however often it was paid.
local function writeOrdinary(known, changed, now, given)
  for i = 1, #changed do
    local at = changed[i]
    local key, full = KEYS[at], known[at]
    if full then
      redis.call('SET', key, string.format('%d', full), 'PX', sweepAfter(full, now, given))
      known[at] = nil
    end
  end
end
