-- A rule's own estimate of the real quota, in parts per million of what it says: each flood takes a fifth, a tenth
-- of the whole comes back per minute. `charge.ceiling` is 0 where that is switched off; above a million, messages
-- that had to wait without a flood raise the rate up to it.

local nominal = 1000000
local leastRate = 100000
local recoverMicros = 600
local probe = 500

local function rateOf(charge, rule, now)
  if charge.ceiling == 0 then
    return nominal
  end
  if rule.rate >= nominal then
    return math.min(rule.rate, charge.ceiling)
  end
  return math.min(nominal, rule.rate + math.floor(math.max(0, now - rule.since) / recoverMicros))
end

-- The charge as the rate in force makes it: a bucket refills more slowly, a window has fewer places.
local function paced(charge, rule, now)
  if rule.rate == nominal then
    return charge
  end
  local rate = rateOf(charge, rule, now)
  if rate == nominal or charge.kind == 'g' then
    return charge
  end
  local a, b = charge.a, charge.b
  if charge.kind == 'b' then
    b = math.ceil(b * nominal / rate)
  else
    a = math.max(1, math.floor(a * rate / nominal))
  end
  return {
    kind = charge.kind, a = a, b = b, c = charge.c, cost = charge.cost, debit = charge.debit, bulk = charge.bulk,
    ceiling = charge.ceiling,
  }
end

-- After a flood. Only its first 429 counts: the others were on their way.
local function slowDown(charge, rule, now, thaw)
  if charge.ceiling == 0 or charge.kind == 'g' then
    return
  end
  rule.dirty = true
  rule.rate = math.max(leastRate, math.floor(rateOf(charge, rule, now) * 8 / 10))
  rule.since = thaw
end

local function speedUp(charge, rule, now)
  if charge.ceiling <= nominal then
    return
  end
  local rate = rateOf(charge, rule, now)
  if rate >= nominal then
    rule.rate = math.min(charge.ceiling, rate + probe)
  end
end
