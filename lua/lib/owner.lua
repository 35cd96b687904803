-- Whom a record belongs to: every write asks this first.
local function standsAt(record, owner, attempt)
  return record.owner == owner and record.attempt == attempt
end
