/** Scripts that look at a channel as a whole: its declaration, counts, dead letters, members and servers. */

import { hands } from './hands.js'
import { held } from './held.js'
import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { reap } from './reap.js'
import { script } from './script.js'
import { sweep } from './sweep.js'

/** ARGV: names and values of settings. Writes those that are not there; answers with all there are. */
export const declare = script(
  prelude,
  `
for at = 3, #ARGV, 2 do redis.call('HSETNX', meta, ARGV[at], ARGV[at + 1]) end
return redis.call('HGETALL', meta)
`,
)

/** ARGV: fingerprint. The first is kept, others are noted. */
export const note = script(
  prelude,
  `
redis.call('HSETNX', meta, 'fingerprint', ARGV[3])
local isKnown = redis.call('HGET', meta, 'fingerprint') == ARGV[3]
if not isKnown and redis.call('SCARD', base .. ':mismatches') < 16 then
  redis.call('SADD', base .. ':mismatches', ARGV[3])
end
return 1
`,
)

const allLines = `
local function eachLine(fn)
  if cfg.kind == 'queue' then return fn('q') end
  for _, line in ipairs(redis.call('HKEYS', base .. ':lines')) do fn(line) end
end
`

/** Answers with names and values of counts, and the fingerprints that differ. */
export const inspect = script(
  prelude,
  hands,
  line,
  held,
  intake,
  log,
  sweep,
  reap,
  allLines,
  `
refresh()
if cfg.kind == 'stream' then retain() end
local consumers = reap()
local ready, delayed, leased = 0, 0, 0
eachLine(function(line)
  sweepLine(line)
  ready = ready + redis.call('ZCARD', name('ready', line))
    + tonumber(redis.call('HGET', meta, 'parked:' .. line) or '0')
  delayed = delayed + redis.call('ZCARD', name('delayed', line))
  leased = leased + heldCount(line)
end)
local fresh = freshCount()
ready = ready + fresh
if cfg.kind == 'queue' then delayed = delayed + redis.call('ZCARD', base .. ':due') end
flush()
local answer = { 'ready', ready, 'delayed', delayed, 'leased', leased, 'consumers', consumers,
  'dead', redis.call('XLEN', base .. ':dead') }
for _, what in ipairs({ 'received', 'done', 'dropped', 'expired', 'purged', 'redriven' }) do
  answer[#answer + 1] = what
  answer[#answer + 1] = tonumber(redis.call('HGET', meta, what) or '0') + (what == 'received' and fresh or 0)
end
if cfg.kind == 'stream' then
  for what, value in pairs({ first = firstOffset(), next = nextOffset() }) do
    answer[#answer + 1] = what
    answer[#answer + 1] = value
  end
end
return { answer, redis.call('SMEMBERS', base .. ':mismatches') }
`,
)

/** Removes everything that waits or is in hand; answers with how many. */
export const purge = script(
  prelude,
  hands,
  line,
  held,
  intake,
  log,
  reap,
  allLines,
  `
refresh()
local purged = freshCount()
if isStraight then
  count('received', purged)
  local last = redis.call('XREVRANGE', base, '+', '-', 'COUNT', 1)[1]
  if last then cursor = last[1] end
end
eachLine(function(line)
  local ids = empty(line)
  purged = purged + #ids
  for _, id in ipairs(ids) do forget(line, id, nil) end
end)
if isStraight then redis.call('XTRIM', base, 'MAXLEN', 0) end
count('purged', purged)
if cfg.kind == 'stream' then
  purged = redis.call('XLEN', base)
  local offset = whole(nextOffset())
  redis.call('HSET', meta, 'next', offset, 'bytes', 0)
  redis.call('XTRIM', base, 'MAXLEN', 0)
  eachLine(function(line) redis.call('HSET', base .. ':cursors', line, offset) end)
else
  local waiting = redis.call('ZCARD', base .. ':due')
  if cfg.kind == 'queue' then
    count('purged', waiting)
    purged = purged + waiting
  end
  redis.call('DEL', base .. ':due', base .. ':later')
end
-- Ids of the window are new again.
redis.call('HINCRBY', meta, 'epoch', 1)
flush()
redis.call('PUBLISH', base .. ':wake', '!')
return purged
`,
)

/** ARGV: payload or '', how that is written or '', then ids of letters in their stream. Answers with how many went. */
export const redrive = script(
  prelude,
  hands,
  line,
  held,
  intake,
  log,
  `
refresh()
local moved = 0
for at = 5, #ARGV do
  local entry = redis.call('XRANGE', base .. ':dead', ARGV[at], ARGV[at])[1]
  local fields = entry and fieldsOf(entry[2])
  local line = fields and fields['busbar-dead-line']
  local isThere = line and (cfg.kind == 'queue' or redis.call('HEXISTS', base .. ':lines', line) == 1)
  if isThere then
    local headers = headersOf(fields)
    local text, data = fields.headers or '{}', fields.data or ''
    if ARGV[4] ~= '' then
      data = ARGV[3]
      headers['content-type'] = ARGV[4]
      text = cjson.encode(headers)
    end
    local key, id = textOf(headers['ce-partitionkey']), nil
    if cfg.kind == 'stream' then
      id = 'r' .. redis.call('XADD', base .. ':back', '*', 'headers', text, 'data', data, 'offset', fields.offset or '0')
    else
      id = redis.call('XADD', base, '*', 'headers', text, 'data', data)
    end
    redis.call('XDEL', base .. ':dead', ARGV[at])
    if isStraight then
      woken.q = true
    else
      if cfg.kind ~= 'stream' then cursor = id end
      admit(line, id, key, tonumber(fields['busbar-dead-priority'] or '0'))
    end
    -- It was received before.
    count('received', -1)
    count('redriven')
    moved = moved + 1
  end
end
return leave(moved)
`,
)

/** ARGV: names and values of the fields of a letter, for a reader that is in no group. */
export const bury = script(
  prelude,
  `
count('received')
redis.call('XADD', base .. ':dead', '*', unpack(ARGV, 3))
return leave(1)
`,
)

/** ARGV: ids of letters in their stream. Answers with how many were there. */
export const discard = script(
  prelude,
  `
local removed = redis.call('XDEL', base .. ':dead', unpack(ARGV, 3))
count('purged', removed)
return leave(removed)
`,
)

/** ARGV: list (`members` or `servers`), consumer, its facts as JSON or '' to leave, 'alone' if no other may serve it. */
export const enlist = script(
  prelude,
  `
local list = base .. ':' .. ARGV[3]
if ARGV[5] == '' then
  redis.call('HDEL', list, ARGV[4])
  return 1
end

local function overlap(one, other)
  local nextOne, nextOther = string.gmatch(one, '[^.]+'), string.gmatch(other, '[^.]+')
  while true do
    local a, b = nextOne(), nextOther()
    if not a or not b then return a == b end
    if a == '**' or b == '**' then return true end
    if a ~= '*' and b ~= '*' and a ~= b then return false end
  end
end

if ARGV[6] == 'alone' then
  local mine = cjson.decode(ARGV[5])
  local others = redis.call('HGETALL', list)
  for at = 1, #others, 2 do
    local other = cjson.decode(others[at + 1])
    if others[at] ~= ARGV[4] and overlap(mine.pattern, other.pattern) then
      if redis.call('PUBSUB', 'NUMSUB', other.link)[2] > 0 then return 0 end
      redis.call('HDEL', list, others[at])
    end
  end
end
redis.call('HSET', list, ARGV[4], ARGV[5])
return 1
`,
)

/** ARGV: address, frame. Gives the opening to one of those who serve the address; answers 0 when there is nobody. */
export const offer = script(
  prelude,
  `
local servers, known = {}, redis.call('HGETALL', base .. ':servers')
for at = 1, #known, 2 do
  local server = cjson.decode(known[at + 1])
  server.field = known[at]
  if matches(server.pattern, ARGV[3]) then servers[#servers + 1] = server end
end
while #servers > 0 do
  local at = clock[2] % #servers + 1
  local server = servers[at]
  if redis.call('PUBLISH', server.link, server.number .. '\\n' .. ARGV[4]) > 0 then return 1 end
  redis.call('HDEL', base .. ':servers', server.field)
  table.remove(servers, at)
end
return 0
`,
)
