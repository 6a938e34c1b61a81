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

-- A consumer starts in order, so no more than the first few of what it has can have been started, as many as it
-- handles at a time.
local function endLeases(line)
  for _, owner in ipairs(dueOf(name('leases', line), 500)) do
    local all = allHeld(line, owner)
    redis.call('DEL', heldBy(line, owner))
    redis.call('ZREM', name('leases', line), owner)
    -- Who says nothing is given nothing more.
    redis.call('HDEL', base .. ':waiting', owner)
    for at, claim in ipairs(all) do
      local state = stateAfter(line, claim)
      if at <= claim.c then putBack(line, state, claim.id, leaseEnded) else unstart(line, state, claim.id) end
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
