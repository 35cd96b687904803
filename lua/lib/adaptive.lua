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

-- What really went out of a bucket, beside the turns that it has handed out: `rule.sent` is when it would be full again
-- by that, in server time; 0 while nobody waits. The two part when a turn is used late, when tokens are lost because
-- nobody used them, and when the rate falls after turns were handed out. Charges are given at the rate in force.

-- After a flood a sixth of the burst is left.
local function drainSent(charge, rule, thaw)
  if charge.kind == 'b' then
    rule.sent = math.max(rule.sent, thaw + math.floor(charge.a * 5 / 6) * charge.b)
  end
end

-- Server time before which nothing more may go out that waits.
local function heldUntil(charge, rule)
  if charge.kind ~= 'b' or charge.debit or rule.sent == 0 then
    return 0
  end
  return rule.sent - (charge.a - math.min(charge.cost, charge.a)) * charge.b
end

local function countSent(charge, rule, now)
  if charge.kind ~= 'b' or charge.debit or rule.sent == 0 then
    return
  end
  rule.dirty = true
  rule.sent = math.max(rule.sent, now) + math.min(charge.cost, charge.a) * charge.b
end

-- After a flood. Only its first 429 counts: the others were on their way.
local function slowDown(charge, rule, now, thaw)
  if charge.ceiling == 0 or charge.kind == 'g' then
    return
  end
  rule.dirty = true
  rule.rate = math.max(leastRate, math.floor(rateOf(charge, rule, now) * 8 / 10))
  rule.since = thaw
  drainSent(paced(charge, rule, thaw), rule, thaw)
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
