/** Scripts of those who handle messages: joining a line, settling and taking, keeping claims, leaving. */

import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { script } from './script.js'
import { sweep } from './sweep.js'

/** Removes lines of consumers that are gone for good; their links are given a minute to come back. */
export const reap = `
local patience = 60000

local function dropLine(line)
  redis.call('HDEL', base .. ':lines', line)
  redis.call('HDEL', base .. ':cursors', line)
  for _, id in ipairs(empty(line)) do forget(line, id, 'dropped') end
  redis.call('DEL', name('state', line), name('expire', line))
end

local function reap()
  local known = redis.call('HGETALL', base .. ':consumers')
  local present = 0
  for at = 1, #known, 2 do
    local consumer = cjson.decode(known[at + 1])
    if redis.call('PUBSUB', 'NUMSUB', consumer.link)[2] > 0 then
      present = present + 1
      redis.call('HDEL', base .. ':absent', known[at])
    else
      redis.call('HSETNX', base .. ':absent', known[at], now)
      if tonumber(redis.call('HGET', base .. ':absent', known[at])) < now - patience then
        if consumer.transient then dropLine(consumer.line) end
        redis.call('HDEL', base .. ':consumers', known[at])
        redis.call('HDEL', base .. ':absent', known[at])
      end
    end
  end
  return present
end
`

/** ARGV: consumer, its facts as JSON, line, its facts as JSON or '', where a cursor begins. Answers next and cursor. */
export const join = script(
  prelude,
  line,
  intake,
  log,
  reap,
  `
refresh()
reap()
local consumer, line = ARGV[3], ARGV[5]
if consumer ~= '' then redis.call('HSET', base .. ':consumers', consumer, ARGV[4]) end
if ARGV[6] ~= '' then redis.call('HSETNX', base .. ':lines', line, ARGV[6]) end
if cfg.kind ~= 'stream' then return leave({ 0, 0 }) end
retain()
local begin = offsetOfStart(ARGV[7])
if line == '' then return leave({ nextOffset(), begin }) end
redis.call('HSETNX', base .. ':cursors', line, whole(begin))
return leave({ nextOffset(), tonumber(redis.call('HGET', base .. ':cursors', line)) })
`,
)

/**
 * ARGV: consumer, line, pattern, how many to take, end of the reading or '', how many are handled at a time, how many are
 * done; of each of these: id, times handed out; of others that are settled: id, times handed out, kind, delay in ms,
 * failure, reason. Kind `back`: it was never started. Answers: messages (id, failed tries, times handed out, fields),
 * ms until something is due, gap, whether all before the end is settled.
 */
export const work = script(
  prelude,
  line,
  intake,
  log,
  sweep,
  `
local owner, line, most, atATime = ARGV[3], ARGV[4], tonumber(ARGV[6]), tonumber(ARGV[8])

-- Messages that are done stand from 10 on, the others behind them.
local others = 10 + 2 * tonumber(ARGV[9])
local settled = {}
for at = 10, others - 1, 2 do settled[#settled + 1] = ARGV[at] end
for at = others, #ARGV, 6 do settled[#settled + 1] = ARGV[at] end
local states, ended = statesOf(line, settled), {}

local function settle(id, acquired, kind, delay, failure, reason)
  local state = states[id]
  states[id] = nil
  if not state or state.o ~= owner or state.a ~= acquired then return end
  if kind == 'back' then return unstart(line, id, state) end
  if kind == 'done' or kind == 'drop' then
    local how = kind == 'done' and 'done' or 'dropped'
    if not cfg.ordered then
      count(how)
      ended[#ended + 1] = id
      return
    end
    redis.call('ZREM', name('leases', line), id)
    return finish(line, id, state, how)
  end
  redis.call('ZREM', name('leases', line), id)
  state.o = nil
  fail(state, failure)
  if kind == 'reject' then return bury(line, id, state, reason) end
  if state.f >= cfg.attempts then return bury(line, id, state, 'attempts') end
  if delay > 0 then
    save(line, id, state)
    redis.call('ZADD', name('delayed', line), now + delay, id)
    woken[line] = true
  else
    enter(line, id, state, behind(state.q))
  end
end

for at = 10, others - 1, 2 do settle(ARGV[at], tonumber(ARGV[at + 1]), 'done') end
for at = others, #ARGV, 6 do
  settle(ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4], ARGV[at + 5])
end
forgetLeased(line, ended)
refresh()
sweepLine(line)
local gap, read, limit, isMore = nil, nil, nil, false
if cfg.kind == 'stream' then
  limit = nextOffset()
  if ARGV[7] ~= '' then limit = math.min(limit, tonumber(ARGV[7])) end
  if most > 0 then gap, read, isMore = feed(line, ARGV[5], 1024, limit) end
end

-- As text, so that it is not written out anew for each message.
local leaseEnd = whole(now + cfg.lease)
local taken, bytes = {}, 0

-- What stands together in the stream is read together.
local function bodiesOf(popped)
  local bodies, first, last = {}, popped[1], popped[#popped - 1]
  if #popped > 2 and string.sub(first, 1, 1) ~= 'r' and string.sub(last, 1, 1) ~= 'r' then
    for _, entry in ipairs(redis.call('XRANGE', base, first, last, 'COUNT', #popped / 2)) do
      bodies[entry[1]] = entry[2]
    end
  end
  return bodies
end

local function takeAll(popped)
  local ids, kept, ends = {}, {}, {}
  for at = 1, #popped, 2 do ids[#ids + 1] = popped[at] end
  local known, bodies = statesOf(line, ids), bodiesOf(popped)
  for at = 1, #popped, 2 do
    local id, state = popped[at], known[popped[at]] or { f = 0, a = 0 }
    local body = bodies[id] or bodyOf(id)
    state.q = tonumber(popped[at + 1])
    if body then
      state.a = state.a + 1
      state.o = owner
      state.c = atATime
      kept[#kept + 1] = id
      kept[#kept + 1] = cmsgpack.pack(state)
      ends[#ends + 1] = leaseEnd
      ends[#ends + 1] = id
      for _, field in ipairs(body) do bytes = bytes + #field end
      taken[#taken + 1] = { id, state.f, state.a, body }
    else
      finish(line, id, state, 'dropped')
    end
  end
  if #kept == 0 then return end
  redis.call('HSET', name('state', line), unpack(kept))
  redis.call('ZADD', name('leases', line), unpack(ends))
end

-- No answer is to be too large for a link: a few first, many only if these were small.
local block = 8
while #taken < most and bytes < 4194304 do
  local popped = redis.call('ZPOPMIN', name('ready', line), math.min(most - #taken, block))
  if #popped == 0 then break end
  takeAll(popped)
  block = #taken > 0 and bytes / #taken < 16384 and 128 or 8
end

local isOver = 0
if ARGV[7] ~= '' and read and read >= tonumber(ARGV[7]) and holding(line) == 0 then isOver = 1 end
local due = -1
if #taken < most then due = (isMore or bytes >= 4194304) and 0 or nextDue(line) end
-- This consumer has just looked; others of its line have not.
if #taken < most then woken[line] = nil end
return leave({ taken, due, gap or {}, isOver })
`,
)

const claims = `
local owner, line, how = ARGV[3], ARGV[4], ARGV[5]
local asked, lost = {}, {}
for at = 6, #ARGV, 2 do asked[ARGV[at]] = ARGV[at + 1] end

local function isOurs(id, state) return state and state.o == owner end
for at = 6, #ARGV, 2 do
  local state = stateOf(line, ARGV[at])
  if not isOurs(ARGV[at], state) or whole(state.a) ~= ARGV[at + 1] then lost[#lost + 1] = ARGV[at] end
end
`

/** ARGV: consumer, line, '', then claims: id, times handed out. Keeps them; answers with those that are lost. */
export const extend = script(
  prelude,
  line,
  claims,
  `
local isLost = {}
for _, id in ipairs(lost) do isLost[id] = true end
for id in pairs(asked) do
  if not isLost[id] then redis.call('ZADD', name('leases', line), now + cfg.lease, id) end
end
return leave(lost)
`,
)

/**
 * ARGV: consumer, line, how, then claims as above. Claims of the consumer that it does not name were never started and
 * go back as they were. 'sync' leaves the named ones and answers with those that are lost; 'undone' gives them back;
 * 'left' counts them as failed tries, and forgets the consumer.
 */
export const release = script(
  prelude,
  line,
  reap,
  claims,
  `
for _, id in ipairs(redis.call('ZRANGE', name('leases', line), 0, -1)) do
  local state = stateOf(line, id)
  if isOurs(id, state) then
    if not asked[id] then
      unstart(line, id, state)
    elseif how == 'undone' then
      putBack(line, id, state, nil)
    elseif how == 'left' then
      putBack(line, id, state, consumerGone)
    end
  end
end
if how == 'left' then
  local known = redis.call('HGET', base .. ':consumers', owner)
  redis.call('HDEL', base .. ':consumers', owner)
  if known and cjson.decode(known).transient then dropLine(line) end
end
return leave(lost)
`,
)

/** ARGV: first offset, end or '', how many at most. Answers: records (id, fields), next offset, first offset. */
export const read = script(
  prelude,
  line,
  intake,
  log,
  `
retain()
local from, most = tonumber(ARGV[3]), tonumber(ARGV[5])
local limit = nextOffset()
if ARGV[4] ~= '' then limit = math.min(limit, tonumber(ARGV[4])) end
local records, bytes = {}, 0
while from < limit and #records < most and bytes < 4194304 do
  local entries = redis.call('XRANGE', base, idOf(from), idOf(limit - 1), 'COUNT', math.min(most - #records, 32))
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    records[#records + 1] = entry
    for _, field in ipairs(entry[2]) do bytes = bytes + #field end
    from = offsetOf(entry[1]) + 1
  end
end
return leave({ records, limit, firstOffset() })
`,
)
