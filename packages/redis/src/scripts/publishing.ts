/** Scripts that take messages in: tracked ones, records of streams, plain events. */

import { handing } from './handing.js'
import { hands } from './hands.js'
import { held } from './held.js'
import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { script } from './script.js'

/** A batch that was sent again after a cut is answered as before: ARGV[3] names the writer, ARGV[4] counts its batches. */
const writer = `
local seat = base .. ':writer:' .. ARGV[3]
local earlier = redis.call('GET', seat)
if earlier then
  local number, answer = unpack(cmsgpack.unpack(earlier))
  if number == ARGV[4] then return answer end
end

local function remember(answer)
  redis.call('SET', seat, cmsgpack.pack({ ARGV[4], answer }), 'PX', 3600000)
  return answer
end

local epoch = cfg.dedupe and (redis.call('HGET', meta, 'epoch') or '0')

-- What the first publish of this id was given, within the window; else notes what this one is given.
local function known(id, given)
  if not cfg.dedupe then return false end
  return redis.call('SET', base .. ':id:' .. epoch .. ':' .. id, given, 'NX', 'GET', 'PX', cfg.dedupe)
end
`

/** Messages from ARGV[5] on: id, key, address, delay in ms, priority, headers, payload. Answers which are duplicates. */
export const publishTracked = script(
  prelude,
  hands,
  line,
  held,
  intake,
  writer,
  `
if not isStraight then takeIn() end
local answer = {}
gathered = {}
for at = 5, #ARGV, 7 do
  local id, key, address, delay, priority = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
  if known(id, '1') then
    answer[#answer + 1] = (at - 5) / 7
  elseif delay ~= '0' then
    local added = redis.call('XADD', base .. ':later', '*', 'headers', ARGV[at + 5], 'data', ARGV[at + 6],
      'priority', priority)
    redis.call('ZADD', base .. ':due', now + tonumber(delay), added)
    woken['*'] = true
    if cfg.kind == 'queue' then count('received') end
  else
    local added = redis.call('XADD', base, '*', 'headers', ARGV[at + 5], 'data', ARGV[at + 6])
    if isStraight then
      woken.q = true
    else
      route(added, key, address, tonumber(priority))
    end
  end
end
flushReady()
return leave(remember(answer))
`,
)

/** The same for messages of a straight queue without a delay, from ARGV[5] on: id, headers, payload. */
export const publishStraight = script(
  prelude,
  hands,
  writer,
  handing,
  `
local answer = {}
for at = 5, #ARGV, 3 do
  if known(ARGV[at], '1') then
    answer[#answer + 1] = (at - 5) / 3
  else
    ids[#ids + 1] = redis.call('XADD', base, '*', 'headers', ARGV[at + 1], 'data', ARGV[at + 2])
    places[#ids] = at + 1
  end
end
handOver()
return leave(remember(answer))
`,
)

/** Records, as above. Answers with pairs: 1 for a duplicate, and the offset. */
export const append = script(
  prelude,
  hands,
  line,
  held,
  intake,
  log,
  writer,
  `
local answer = {}
local offset, bytes = nextOffset(), 0
for at = 5, #ARGV, 7 do
  local first = known(ARGV[at], whole(offset))
  if first then
    answer[#answer + 1] = 1
    answer[#answer + 1] = tonumber(first)
  else
    redis.call('XADD', base, idOf(offset), 'headers', ARGV[at + 5], 'data', ARGV[at + 6], 'at', whole(now))
    answer[#answer + 1] = 0
    answer[#answer + 1] = offset
    offset = offset + 1
    bytes = bytes + #ARGV[at + 6]
  end
end
redis.call('HSET', meta, 'next', whole(offset))
if cfg.keepBytes then redis.call('HINCRBY', meta, 'bytes', bytes) end
retain()
woken['*'] = true
return leave(remember(answer))
`,
)

/** Plain events from ARGV[3] on: address, text. All who listen to the channel hear it, and one member of each group. */
export const publishPlain = script(
  prelude,
  `
local groups, members = {}, redis.call('HGETALL', base .. ':members')
for at = 1, #members, 2 do
  local member = cjson.decode(members[at + 1])
  member.field = members[at]
  local group = groups[member.place]
  if not group then
    group = { pattern = member.pattern }
    groups[member.place] = group
  end
  group[#group + 1] = member
end

local function give(group, text, turn)
  while #group > 0 do
    local at = turn % #group + 1
    local member = group[at]
    if redis.call('PUBLISH', member.link, member.number .. '\\n' .. text) > 0 then return end
    -- Whoever comes back joins again.
    redis.call('HDEL', base .. ':members', member.field)
    table.remove(group, at)
  end
end

for at = 3, #ARGV, 2 do
  redis.call('PUBLISH', base, ARGV[at + 1])
  for _, group in pairs(groups) do
    if matches(group.pattern, ARGV[at]) then give(group, ARGV[at + 1], clock[2] + at) end
  end
end
return 1
`,
)
