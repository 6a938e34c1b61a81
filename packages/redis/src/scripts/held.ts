/** What becomes of what consumers have in hand, other than done. */

export const held = `
local function claimIn(id, text)
  local times, most, place = string.match(text, '^(%d+) (%d+) ?(%S*)$')
  return { id = id, a = tonumber(times), c = tonumber(most), q = tonumber(place) or placeIn(id) }
end

-- A message with its claim for each, in their order.
local function allHeld(line, owner)
  local flat, all = redis.call('HGETALL', heldBy(line, owner)), {}
  for at = 1, #flat, 2 do all[#all + 1] = claimIn(flat[at], flat[at + 1]) end
  table.sort(all, function(one, other) return one.q < other.q end)
  return all
end

-- What is known of a message once it has left a consumer's hands.
local function stateAfter(line, claim)
  local state = stateOf(line, claim.id) or { f = 0 }
  state.a, state.q = claim.a, claim.q
  return state
end

-- A claim that was not settled goes back to where the message stood; the caller takes it out of the hands.
local function putBack(line, state, id, failure)
  if failure then fail(state, failure) end
  if state.f >= cfg.attempts then return bury(line, id, state, 'attempts') end
  if isLate(line, id) then return finish(line, id, state, 'expired') end
  if state.k or state.f > 0 or state.a > 0 then save(line, id, state) end
  makeReady(line, id, state.q)
end

-- It was given to a consumer that never began with it.
local function unstart(line, state, id)
  state.a = state.a - 1
  putBack(line, state, id, nil)
end

local function eachOwner(line, fn)
  for _, owner in ipairs(redis.call('ZRANGE', name('leases', line), 0, -1)) do fn(owner) end
end

local function heldCount(line)
  local count = 0
  eachOwner(line, function(owner) count = count + redis.call('HLEN', heldBy(line, owner)) end)
  return count
end

local function holding(line)
  return redis.call('ZCARD', name('ready', line))
    + redis.call('ZCARD', name('delayed', line))
    + heldCount(line)
    + tonumber(redis.call('HGET', meta, 'parked:' .. line) or '0')
end

-- Everything a line holds, and nothing of it afterwards.
local function empty(line)
  local ids = {}
  local function add(more) for _, id in ipairs(more) do ids[#ids + 1] = id end end
  for _, part in ipairs({ 'ready', 'delayed' }) do
    add(redis.call('ZRANGE', name(part, line), 0, -1))
    redis.call('DEL', name(part, line))
  end
  eachOwner(line, function(owner)
    add(redis.call('HKEYS', heldBy(line, owner)))
    redis.call('DEL', heldBy(line, owner))
  end)
  redis.call('DEL', name('leases', line))
  for _, key in ipairs(redis.call('HKEYS', name('lanes', line))) do
    local lane = name('lane', line) .. ':' .. key
    add(redis.call('LRANGE', lane, 0, -1))
    redis.call('DEL', lane)
  end
  redis.call('DEL', name('lanes', line))
  redis.call('HDEL', meta, 'parked:' .. line)
  return ids
end
`
