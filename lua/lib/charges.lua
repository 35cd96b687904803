-- The rules of a call, narrow to wide, as one JSON array of arrays: [kind,a,b,c,cost,debit,bulk,ceiling] each.
--
--   kind     b bucket (a = capacity, b = interval)   w window (a = limit, b = period, c = margin)   g gate
--   debit    1: paid without waiting
--   bulk     1: in the lane of what yields
--   ceiling  0, or how far the rate may rise, see lib/adaptive.lua
local function namedCharges(charges)
  for i = 1, #charges do
    local kind, a, b, c, cost, debit, bulk, ceiling = unpack(charges[i])
    charges[i] = {
      kind = kind, a = a, b = b, c = c, cost = cost, debit = debit == 1, bulk = bulk == 1, ceiling = ceiling,
    }
  end
  return charges
end

local function readCharges(text)
  return namedCharges(cjson.decode(text))
end
