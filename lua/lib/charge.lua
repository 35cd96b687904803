-- What a call pays to one rule, and what becomes of it. `charge` is one of lib/charges.lua.

local function bucketTurn(charge, rule, now)
  return math.max(now, rule.full - (charge.a - math.min(charge.cost, charge.a)) * charge.b)
end

-- Bulk waits for a bucket in a lane of its own, on a clock of its own that stands still while others pay. Nothing is
-- taken before it sends.
local function isInLane(charge, paid)
  return charge.kind == 'b' and charge.bulk and not charge.debit and paid.rose == 0
end

local function joinLane(charge, rule, turn)
  local inLane = turn - rule.pushed
  rule.lane = inLane + math.min(charge.cost, charge.a) * charge.b
  return { turn = inLane, full = rule.lane, rose = 0, places = {} }
end

local function leaveLane(rule, paid)
  if rule.lane == paid.full then
    rule.lane = paid.turn
  end
end

local function localTurn(charge, rule, now)
  if charge.kind == 'g' or charge.debit then
    return now
  end
  if charge.kind == 'w' then
    return windowTurn(charge.a, rule.places, now, charge.cost)
  end
  local turn = bucketTurn(charge, rule, now)
  return charge.bulk and math.max(turn, rule.lane + rule.pushed) or turn
end

local function turnWithin(charge, rule, now)
  local inForce = paced(charge, rule, now)
  local turn = localTurn(inForce, rule, localTime(rule, now))
  return math.max(turn, heldUntil(inForce, rule) - rule.shift)
end

-- Server time at which the charge may go, if it asked now.
local function turnOf(charge, rule, now)
  return serverTime(rule, turnWithin(charge, rule, now), now)
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
  local turn = turnWithin(given, rule, now)
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
  if turn > at and rule.sent == 0 then
    rule.sent = math.max(rule.full, at) + rule.shift
  end
  if charge.bulk and turn > at then
    return joinLane(charge, rule, turn)
  end
  local tokens = math.min(charge.cost, charge.a) * charge.b
  local before = math.max(rule.full, turn)
  local deepest = at + 2 * charge.a * charge.b
  if not charge.debit then
    rule.full = before + tokens
  elseif rule.full > deepest then
    -- Turns are reserved ahead: they are who pays.
    rule.shift = rule.shift + tokens
  else
    rule.full = math.min(math.max(rule.full, at) + tokens, deepest)
  end
  if not charge.bulk and rule.lane + rule.pushed > at then
    rule.pushed = rule.pushed + tokens
  end
  return { turn = turn, full = rule.full, rose = rule.full - before, places = {} }
end

-- Server time at which a turn taken earlier may be used.
-- What of a call's own tokens has run off again, because it comes later than its turn and nobody else waits. It takes
-- them anew, or it would go out beside somebody who has just taken the last one.
local function lostTokens(charge, rule, paid, at)
  if charge.kind ~= 'b' or charge.debit or rule.sent ~= 0 or isInLane(charge, paid) then
    return 0
  end
  local price = math.min(charge.cost, charge.a) * charge.b
  return math.min(price, math.max(0, price - (paid.full - at)))
end

local function readyAt(given, rule, paid, now)
  local charge = paced(given, rule, now)
  local turn = paid.turn
  if charge.kind == 'w' and not charge.debit then
    turn = windowReady(charge, rule.places, paid.places, turn, localTime(rule, now))
  elseif isInLane(charge, paid) then
    turn = math.max(turn + rule.pushed, bucketTurn(charge, rule, localTime(rule, now)))
  else
    local at = localTime(rule, now)
    local lost = lostTokens(charge, rule, paid, at)
    if lost > 0 then
      turn = math.max(at, rule.full + lost - charge.a * charge.b)
    end
  end
  return math.max(serverTime(rule, turn, now), heldUntil(charge, rule))
end

local function restamp(rule, paid, freeAt)
  rule.dirty = true
  dropPlaces(rule.places, paid.places)
  paid.places = takePlaces(rule.places, #paid.places, freeAt)
end

-- Where the rate in force holds a turn back, everybody behind it comes later with it: by one message's time and no
-- more, since each of those is held back in its turn.
local function holdBack(given, rule, paid, at)
  local charge = paced(given, rule, at)
  if at <= rule.thaw or rule.sent == 0 then
    return
  end
  local inLane = isInLane(charge, paid)
  local own = paid.turn + rule.shift + (inLane and rule.pushed or 0)
  local by = math.min(math.max(0, at - own), math.min(charge.cost, charge.a) * charge.b)
  rule.dirty = true
  if inLane then
    rule.pushed = rule.pushed + by
  else
    rule.shift = rule.shift + by
  end
end

-- A turn that has to come later than told: its places move with it.
local function postpone(charge, rule, paid, at)
  local turn = at - rule.shift
  if charge.kind == 'b' then
    return holdBack(charge, rule, paid, at)
  end
  if charge.kind == 'w' and turn > paid.turn then
    paid.turn = turn
    restamp(rule, paid, turn + charge.c + charge.b)
  end
end

-- The request is open still: Telegram may count it as late as this, but no second time.
local function markOpen(given, rule, paid, now)
  local charge = paced(given, rule, now)
  local at = localTime(rule, now)
  if charge.kind == 'w' then
    restamp(rule, paid, at + charge.c + charge.b)
  end
  local lost = lostTokens(charge, rule, paid, at)
  if lost > 0 then
    rule.dirty = true
    local rose = rule.full == paid.full and math.min(charge.cost, charge.a) * charge.b or lost
    rule.full = math.max(rule.full, at) + lost
    paid.turn, paid.full, paid.rose = at, rule.full, rose
    return
  end
  if isInLane(charge, paid) then
    rule.dirty = true
    local tokens = math.min(charge.cost, charge.a) * charge.b
    rule.full = math.max(rule.full, at) + tokens
    paid.turn, paid.full, paid.rose = at, rule.full, tokens
    return
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

-- The request goes out now: later than planned means free later.
local function markSending(given, rule, paid, now)
  countSent(paced(given, rule, now), rule, now)
  markOpen(given, rule, paid, now)
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
  elseif isInLane(charge, paid) then
    leaveLane(rule, paid)
  elseif charge.kind == 'b' and rule.full == paid.full then
    rule.full = rule.full - paid.rose
  end
end
