/** A line of messages that wait for one group: order, lanes of keys, delays, leases, tries, the way out. */

/**
 * Kept per line: `ready` and `delayed` and `expire` are sorted sets of ids, `state` a hash of what is known of a message
 * beyond its body and its place (its key, and what became of earlier tries), `lanes` a hash from key to the one message
 * of it that is let through, and `lane` lists of those behind it. The score of a ready message holds its priority above
 * its place. On a straight queue only what comes back is ever in `ready`, and the place of a message is its time, as its
 * id has it, so that it fits between those in the stream. What consumers have in hand is in `held`.
 */
export const line = `
local step = 70368744177664
local function scoreOf(priority) return (9 - priority) * step + nextSeq() end

-- Behind everything that is there, of the same priority.
local function behind(score)
  if isStraight then return now * 2048 + 2047 end
  return math.floor(score / step) * step + nextSeq()
end

local function stateOf(line, id)
  local packed = redis.call('HGET', name('state', line), id)
  return packed and cmsgpack.unpack(packed) or nil
end

local function save(line, id, state)
  redis.call('HSET', name('state', line), id, cmsgpack.pack(state))
end

-- Calls with many members are far cheaper than many calls. A script that only adds may gather what is ready.
local gathered = nil

local function makeReady(line, id, score)
  woken[line] = true
  if not gathered then
    redis.call('ZADD', name('ready', line), score, id)
    return
  end
  local all = gathered[line] or {}
  gathered[line] = all
  all[#all + 1] = score
  all[#all + 1] = id
end

local function flushReady()
  for line, all in pairs(gathered) do
    inBlocks(all, 1000, function(...) redis.call('ZADD', name('ready', line), ...) end)
  end
  gathered = nil
end

local function statesOf(line, ids)
  local states = {}
  for at = 1, #ids, 1000 do
    local packed = redis.call('HMGET', name('state', line), unpack(ids, at, math.min(at + 999, #ids)))
    for index, one in ipairs(packed) do
      if one then states[ids[at + index - 1]] = cmsgpack.unpack(one) end
    end
  end
  return states
end

local function isLate(line, id)
  if not cfg.ttl then return false end
  local ends = redis.call('ZSCORE', name('expire', line), id)
  return ends and tonumber(ends) <= now
end

local function startLife(line, id)
  if cfg.ttl then redis.call('ZADD', name('expire', line), 'NX', now + cfg.ttl, id) end
end

local function isHeldBack(line, id, state)
  if not (cfg.ordered and state and state.k) then return false end
  local first = redis.call('HGET', name('lanes', line), state.k)
  if first == id then return false end
  if not first then
    redis.call('HSET', name('lanes', line), state.k, id)
    return false
  end
  redis.call('RPUSH', name('lane', line) .. ':' .. state.k, id)
  redis.call('HINCRBY', meta, 'parked:' .. line, 1)
  return true
end

local function giveUpBody(id)
  if cfg.kind == 'stream' then
    if string.sub(id, 1, 1) == 'r' then redis.call('XDEL', base .. ':back', string.sub(id, 2)) end
    return
  end
  if cfg.kind == 'event' then
    local others = redis.call('HGET', base .. ':refs', id)
    if others and redis.call('HINCRBY', base .. ':refs', id, -1) > 0 then return end
    if others then redis.call('HDEL', base .. ':refs', id) end
  end
  gone[#gone + 1] = id
end

local function forget(line, id, how)
  if how then count(how) end
  redis.call('HDEL', name('state', line), id)
  if cfg.ttl then redis.call('ZREM', name('expire', line), id) end
  giveUpBody(id)
end

-- As above, of many that hold nobody back.
local function forgetAll(line, ids)
  local state = name('state', line)
  local isKnown = redis.call('EXISTS', state) == 1
  if isKnown or cfg.ttl then
    inBlocks(ids, 1000, function(...)
      if isKnown then redis.call('HDEL', state, ...) end
      if cfg.ttl then redis.call('ZREM', name('expire', line), ...) end
    end)
  end
  for _, id in ipairs(ids) do giveUpBody(id) end
end

-- The next of a key goes on when the one before it has left.
local function finish(line, id, state, how)
  forget(line, id, how)
  local key = cfg.ordered and state and state.k
  while key do
    local follower = redis.call('LPOP', name('lane', line) .. ':' .. key)
    if not follower then
      redis.call('HDEL', name('lanes', line), key)
      return
    end
    redis.call('HINCRBY', meta, 'parked:' .. line, -1)
    if isLate(line, follower) then
      forget(line, follower, 'expired')
    else
      redis.call('HSET', name('lanes', line), key, follower)
      makeReady(line, follower, stateOf(line, follower).q)
      return
    end
  end
end

local function enter(line, id, state, score)
  if isLate(line, id) then return finish(line, id, state, 'expired') end
  startLife(line, id)
  if state then
    state.q = score
    save(line, id, state)
  end
  if not isHeldBack(line, id, state) then makeReady(line, id, score) end
end

local function admit(line, id, key, priority)
  count('received')
  local state = nil
  if key and key ~= '' and cfg.ordered then state = { k = key, f = 0, a = 0 } end
  enter(line, id, state, scoreOf(cfg.priority and priority or 0))
end

local function writeLetter(line, group, id, state, reason)
  local body = bodyOf(id)
  if not body then return false end
  local letter = { unpack(body) }
  local function put(field, value)
    if value then
      letter[#letter + 1] = field
      letter[#letter + 1] = value
    end
  end
  put('busbar-dead-reason', reason)
  put('busbar-dead-attempts', state.f)
  put('busbar-dead-acquired', state.a)
  put('busbar-dead-at', iso)
  put('busbar-dead-group', group)
  put('busbar-dead-first-failure', state.ff)
  put('busbar-dead-last-failure', state.lf)
  put('busbar-dead-line', line)
  put('busbar-dead-priority', isStraight and 0 or 9 - math.floor(state.q / step))
  if cfg.kind == 'stream' and string.sub(id, 1, 1) ~= 'r' then
    put('offset', whole(tonumber(string.match(id, '^%d+')) - 1))
  end
  redis.call('XADD', base .. ':dead', '*', unpack(letter))
  return true
end

local function groupOf(line)
  if cfg.kind == 'queue' then return nil end
  local known = redis.call('HGET', base .. ':lines', line)
  return known and cjson.decode(known).group or nil
end

-- The letter is written before the message is given up, in one step with it.
local function bury(line, id, state, reason)
  local isKept = writeLetter(line, groupOf(line), id, state, reason)
  finish(line, id, state, not isKept and 'dropped' or nil)
end

local function fail(state, failure)
  state.f = state.f + 1
  if failure and failure ~= '' then
    state.ff = state.ff or failure
    state.lf = failure
  end
end

local leaseEnded = '{"code":"LEASE_LOST","message":"The lease ran out before it was settled."}'
local consumerGone = '{"code":"DISCONNECTED","message":"The consumer went away while it had it."}'
`
