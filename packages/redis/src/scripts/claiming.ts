/** Scripts for what a consumer has in hand: keeping it, and leaving. */

import { hands } from './hands.js'
import { held } from './held.js'
import { line } from './line.js'
import { prelude } from './prelude.js'
import { reap } from './reap.js'
import { script } from './script.js'

const claims = `
local owner, line, how = ARGV[3], ARGV[4], ARGV[5]
local asked, ids, lost = {}, {}, {}
for at = 6, #ARGV, 2 do
  asked[ARGV[at]] = ARGV[at + 1]
  ids[#ids + 1] = ARGV[at]
end
local kept = claimsOf(line, owner, ids)
for _, id in ipairs(ids) do
  if not isClaim(kept[id], asked[id]) then lost[#lost + 1] = id end
end
`

/** ARGV: consumer, line, '', then claims: id, times handed out. Keeps all it has; answers with those that are lost. */
export const extend = script(
  prelude,
  hands,
  line,
  held,
  claims,
  `
redis.call('ZADD', name('leases', line), 'XX', now + cfg.lease, owner)
return leave(lost)
`,
)

/**
 * ARGV: consumer, line, how, then claims as above. Claims of the consumer that it does not name were never started and
 * go back as they were, and it waits no more. 'sync' leaves the named ones and answers with those that are lost; 'undone' gives them back;
 * 'left' counts them as failed tries, and forgets the consumer.
 */
export const release = script(
  prelude,
  hands,
  line,
  held,
  reap,
  claims,
  `
local left = {}
for _, claim in ipairs(allHeld(line, owner)) do
  local isNamed = asked[claim.id]
  if how ~= 'sync' or not isNamed then
    local state = stateAfter(line, claim)
    left[#left + 1] = claim.id
    if isNamed then
      putBack(line, state, claim.id, how == 'left' and consumerGone or nil)
    else
      unstart(line, state, claim.id)
    end
  end
end
letGo(line, owner, left)
redis.call('HDEL', base .. ':waiting', owner)
if how == 'left' then
  redis.call('ZREM', name('leases', line), owner)
  local known = redis.call('HGET', base .. ':consumers', owner)
  redis.call('HDEL', base .. ':consumers', owner)
  if known and cjson.decode(known).transient then dropLine(line) end
end
return leave(lost)
`,
)
