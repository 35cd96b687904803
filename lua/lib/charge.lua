-- What a call pays to one rule, and what becomes of it. `charge` is one rule of the call as ARGV gives it.
--
--   kind  b bucket (a = capacity, b = interval)   w window (a = limit, b = period, c = margin)   g gate
--   mode  w wait   d debit
--   lane  n normal   b bulk
--   ceiling  0, or how far the rate may rise, see lib/adaptive.lua

local chargeFields = 8

local function readCharges(argv, from)
  local charges = {}
  for at = from, #argv, chargeFields do
    charges[#charges + 1] = {
      kind = argv[at], a = tonumber(argv[at + 1]), b = tonumber(argv[at + 2]), c = tonumber(argv[at + 3]),
      cost = tonumber(argv[at + 4]), debit = argv[at + 5] == 'd', bulk = argv[at + 6] == 'b',
      ceiling = tonumber(argv[at + 7]),
    }
  end
  return charges
end

local function localTurn(charge, rule, now)
  if charge.kind == 'g' or charge.debit then
    return now
  end
  if charge.kind == 'w' then
    return windowTurn(charge.a, rule.places, now, charge.cost)
  end
  local tokens = math.min(charge.cost, charge.a)
  local turn = math.max(now, rule.full - (charge.a - tokens) * charge.b)
  return charge.bulk and math.max(turn, rule.normal) or turn
end

-- Server time at which the charge may go, if it asked now.
local function turnOf(charge, rule, now)
  return serverTime(rule, localTurn(paced(charge, rule, now), rule, localTime(rule, now)), now)
end

local function payWindow(charge, rule, at, turn)
  rule.places = prunePlaces(rule.places, at)
  local room = charge.debit and 2 * charge.a - #rule.places or charge.a
  local count = math.min(charge.cost, charge.a, room)
  local places = takePlaces(rule.places, count, turn + charge.c + charge.b)
  return { turn = turn, full = 0, rose = 0, places = places }
end

-- Takes the turn that `turnOf` told.
local function pay(given, rule, now)
  local charge = paced(given, rule, now)
  local at = localTime(rule, now)
  local turn = localTurn(charge, rule, at)
  if not charge.debit and turn > at then
    speedUp(given, rule, now)
  end
  if charge.kind == 'g' then
    return { turn = turn, full = 0, rose = 0, places = {} }
  end
  rule.dirty = true
  if charge.kind == 'w' then
    return payWindow(charge, rule, at, turn)
  end
  local tokens = math.min(charge.cost, charge.a) * charge.b
  local before = math.max(rule.full, turn)
  if charge.debit then
    local charged = math.max(rule.full, at) + tokens
    rule.full = math.max(rule.full, math.min(charged, at + 2 * charge.a * charge.b))
  else
    rule.full = before + tokens
    if not charge.bulk and turn > at then
      rule.normal = turn
    end
  end
  return { turn = turn, full = rule.full, rose = rule.full - before, places = {} }
end

-- Server time at which a turn taken earlier may be used.
local function readyAt(given, rule, paid, now)
  local charge = paced(given, rule, now)
  local turn = paid.turn
  if charge.kind == 'w' and not charge.debit then
    turn = windowReady(charge, rule.places, paid.places, turn, localTime(rule, now))
  end
  return serverTime(rule, turn, now)
end

local function restamp(rule, paid, freeAt)
  rule.dirty = true
  dropPlaces(rule.places, paid.places)
  paid.places = takePlaces(rule.places, #paid.places, freeAt)
end

-- A turn that has to come later than told: its places move with it.
local function postpone(charge, rule, paid, at)
  local turn = at - rule.shift
  if charge.kind == 'w' and turn > paid.turn then
    paid.turn = turn
    restamp(rule, paid, turn + charge.c + charge.b)
  end
end

-- The request goes out now: later than planned means free later.
local function markSending(given, rule, paid, now)
  local charge = paced(given, rule, now)
  local at = localTime(rule, now)
  if charge.kind == 'w' then
    restamp(rule, paid, at + charge.c + charge.b)
  end
  if charge.kind ~= 'b' or charge.debit or at <= paid.turn then
    return
  end
  rule.dirty = true
  local before = rule.full
  rule.full = math.max(rule.full, at + math.min(charge.cost, charge.a) * charge.b)
  if before == paid.full then
    paid.full = rule.full
  end
end

-- Telegram has answered: by now it has counted the message.
local function markSettled(charge, rule, paid, now)
  if charge.kind == 'w' then
    restamp(rule, paid, localTime(rule, now) + charge.b)
  end
end

-- The newest turn is given back whole; an older one of a bucket leaves a gap, so that no later turn moves.
local function giveBack(charge, rule, paid)
  rule.dirty = true
  if charge.kind == 'w' then
    dropPlaces(rule.places, paid.places)
  elseif charge.kind == 'b' and rule.full == paid.full then
    rule.full = rule.full - paid.rose
  end
end
