-- The life of a record. FREE is the absence of the key, or of anything but its past.
--
--   R|<owner>|<attempt>|<lease>|<expires>|<stage>|<content>|<paid>     RESERVED
--   S|…the same…                                                       SENDING; lease over reads as AMBIGUOUS
--   A|<owner>|<attempt>|<expires>|<content>                            AMBIGUOUS
--   D|<expires>|<content>|<result>                                     DONE
--
-- <paid> holds what was paid, rule by rule: turn,full,rose,place place …;…

local function unpackPaid(text)
  local paid = {}
  for turn, full, rose, names in string.gmatch(text, '(%-?%d+),(%-?%d+),(%-?%d+),([%-%d ]*);') do
    local places = {}
    for name in string.gmatch(names, '%-?%d+') do
      places[#places + 1] = tonumber(name)
    end
    paid[#paid + 1] = { turn = tonumber(turn), full = tonumber(full), rose = tonumber(rose), places = places }
  end
  return paid
end

local function packPaid(paid)
  local parts = {}
  for i = 1, #paid do
    local item = paid[i]
    local names = {}
    for p = 1, #item.places do
      names[p] = string.format('%d', item.places[p])
    end
    parts[i] = string.format('%d,%d,%d,', item.turn, item.full, item.rose) .. table.concat(names, ' ') .. ';'
  end
  return table.concat(parts)
end

local function parseRecord(value)
  local state = string.sub(value, 1, 2)
  if state == 'D|' then
    local expires, content, from = string.match(value, '^D|(%d+)|([^|]*)|()')
    if expires then
      return { state = 'D', owner = '', attempt = 0, lease = 0, expires = tonumber(expires), content = content, result = string.sub(value, from), paid = {}, stage = 0 }
    end
  elseif state == 'A|' then
    local owner, attempt, expires, content = string.match(value, '^A|([^|]*)|(%d+)|(%d+)|([^|]*)$')
    if owner then
      return { state = 'A', owner = owner, attempt = tonumber(attempt), lease = 0, expires = tonumber(expires), content = content, paid = {}, stage = 0 }
    end
  elseif state == 'R|' or state == 'S|' then
    local owner, attempt, lease, expires, stage, content, paid =
      string.match(value, '^%u|([^|]*)|(%d+)|(%d+)|(%d+)|(%d+)|([^|]*)|(.*)$')
    if owner then
      return {
        state = string.sub(value, 1, 1), owner = owner, attempt = tonumber(attempt), lease = tonumber(lease),
        expires = tonumber(expires), stage = tonumber(stage), content = content, paid = unpackPaid(paid),
      }
    end
  end
  return { state = 'foreign', expires = math.huge }
end

-- The record as it stands now, or nil: nothing is left of one whose time is over. A value that is not ours
-- is never touched: state 'foreign'.
local function recordAt(key, now)
  local value = redis.pcall('GET', key)
  if not value then
    return nil
  end
  local record = parseRecord(type(value) == 'table' and '' or value)
  if record.expires <= now then
    return nil
  end
  if record.state == 'S' and record.lease <= now then
    record.over = true
  end
  return record
end

local function packRecord(record)
  if record.state == 'D' then
    return string.format('D|%d|%s|', record.expires, record.content) .. record.result
  end
  if record.state == 'A' then
    return string.format('A|%s|%d|%d|%s', record.owner, record.attempt, record.expires, record.content)
  end
  return string.format('%s|%s|%d|%d|%d|%d|%s|', record.state, record.owner, record.attempt, record.lease, record.expires, record.stage, record.content)
    .. packPaid(record.paid)
end

local function writeRecord(key, record, now, given)
  redis.call('SET', key, packRecord(record), 'PX', sweepAfter(record.expires, now, given))
end
