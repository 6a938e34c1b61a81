/** What time brings about in a line: delays that are over, leases and lives that end. */

export const sweep = `
local function dueOf(key, limit)
  return redis.call('ZRANGEBYSCORE', key, '-inf', now, 'LIMIT', 0, limit)
end

local function expireLine(line)
  for _, id in ipairs(dueOf(name('expire', line), 500)) do
    local state = stateOf(line, id)
    if redis.call('ZREM', name('ready', line), id) == 1 then
      finish(line, id, state, 'expired')
    elseif state and state.k and redis.call('LREM', name('lane', line) .. ':' .. state.k, 1, id) == 1 then
      redis.call('HINCRBY', meta, 'parked:' .. line, -1)
      forget(line, id, 'expired')
    end
  end
end

-- A consumer renews everything it has at once: what it has is over at once. It starts in order, so no more than the
-- first few can have been started, as many as it handles at a time.
local function endLeases(line)
  local owners, isAny = {}, false
  for _, id in ipairs(dueOf(name('leases', line), 500)) do
    owners[stateOf(line, id).o] = {}
    isAny = true
  end
  if not isAny then return end
  for _, id in ipairs(redis.call('ZRANGE', name('leases', line), 0, -1)) do
    local state = stateOf(line, id)
    local held = owners[state.o]
    if held then held[#held + 1] = { id, state } end
  end
  for _, held in pairs(owners) do
    table.sort(held, function(one, other) return one[2].q < other[2].q end)
    for at, claim in ipairs(held) do
      if at <= claim[2].c then putBack(line, claim[1], claim[2], leaseEnded) else unstart(line, claim[1], claim[2]) end
    end
  end
end

local function sweepLine(line)
  for _, id in ipairs(dueOf(name('delayed', line), 500)) do
    redis.call('ZREM', name('delayed', line), id)
    local state = stateOf(line, id)
    enter(line, id, state, behind(state.q))
  end
  endLeases(line)
  if cfg.ttl then expireLine(line) end
end

-- In ms from now; -1 when nothing is to come by itself.
local function nextDue(line)
  local first = -1
  for _, key in ipairs({ name('delayed', line), name('leases', line), base .. ':due' }) do
    local head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
    if head[2] then
      local left = math.max(0, tonumber(head[2]) - now)
      if first < 0 or left < first then first = left end
    end
  end
  return first
end
`
