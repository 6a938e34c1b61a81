/** Scripts of those who begin on a line, and of readers of streams, who are on none. */

import { hands } from './hands.js'
import { held } from './held.js'
import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { reap } from './reap.js'
import { script } from './script.js'

/** ARGV: consumer, its facts as JSON, line, its facts as JSON or '', where a cursor begins. Answers next and cursor. */
export const join = script(
  prelude,
  hands,
  line,
  held,
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

/** ARGV: first offset, end or '', how many at most. Answers: records (id, fields), next offset, first offset. */
export const read = script(
  prelude,
  hands,
  line,
  held,
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
