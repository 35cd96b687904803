-- Exact trailing window: sorted times at which each taken place becomes free again. A place is named by its
-- time, so no two are equal.

-- Index of the first place that is not before `time`.
local function placeIndex(places, time)
  local low, high = 1, #places + 1
  while low < high do
    local middle = math.floor((low + high) / 2)
    if places[middle] < time then
      low = middle + 1
    else
      high = middle
    end
  end
  return low
end

local function prunePlaces(places, now)
  local kept = {}
  for i = placeIndex(places, now + 1), #places do
    kept[#kept + 1] = places[i]
  end
  return kept
end

local function takePlaces(places, count, freeAt)
  local taken = {}
  for i = 1, count do
    local at, name = placeIndex(places, freeAt), freeAt
    while places[at] == name do
      name = name + 1
      at = at + 1
    end
    table.insert(places, at, name)
    taken[i] = name
  end
  return taken
end

local function dropPlaces(places, taken)
  for i = 1, #taken do
    local at = placeIndex(places, taken[i])
    if places[at] == taken[i] then
      table.remove(places, at)
    end
  end
end

-- When `cost` places are free, given every place that is taken or reserved.
local function windowTurn(limit, places, now, cost)
  local mustBeFree = #places - (limit - math.min(cost, limit))
  return mustBeFree < 1 and now or math.max(now, places[mustBeFree])
end

-- When places that were reserved earlier may be used: those ahead may have been sent later than planned, and then
-- they are free later too. Who comes late has everybody ahead who could have been sent by now; its own places may
-- have run out meanwhile.
local function windowReady(charge, places, taken, turn, now)
  local own = placeIndex(places, taken[1] or 0) - 1
  -- Equal times are moved by a microsecond each, so by no more than there are places.
  local last = math.max(own, placeIndex(places, now + charge.c + charge.b + #places + 1) - 1)
  local held = 0
  for i = 1, #taken do
    local at = placeIndex(places, taken[i])
    if at <= last and places[at] == taken[i] then
      held = held + 1
    end
  end
  -- A limit that shrank meanwhile does not take back what was given.
  local mustBeFree = last - held - math.max(0, charge.a - #taken) - 1
  if mustBeFree < 0 then
    return turn
  end
  return math.max(turn, places[(mustBeFree < own and mustBeFree or mustBeFree + held) + 1])
end
