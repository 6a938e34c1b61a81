/** The script of those who handle messages: it settles and takes. */

import { hands } from './hands.js'
import { held } from './held.js'
import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { script } from './script.js'
import { sweep } from './sweep.js'
import { taking, takingBack } from './taking.js'

/**
 * ARGV: consumer, line, pattern, how many to take, end of the reading or '', how many are handled at a time, how many are
 * done; of each of these: id, times handed out; of others that are settled: id, times handed out, kind, delay in ms,
 * failure, reason. Kind `back`: it was never started. Answers: messages (id, headers and payload; or id and a list of
 * fields), failed tries and times handed out
 * of the first of them, as far as these are not 0 and 1, ms until something is due, gap, whether all before the end is
 * settled, the mark since which it waited until now and how often it was given messages since, and its mark from now on.
 */
export const work = script(
  prelude,
  hands,
  taking,
  line,
  held,
  intake,
  log,
  sweep,
  takingBack,
  `
local function settle(claim, kind, delay, failure, reason)
  local id, state = claim.id, stateAfter(line, claim)
  if kind == 'back' then return unstart(line, state, id) end
  if kind == 'drop' then return finish(line, id, state, 'dropped') end
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

local function settleDone()
  local ended = done()
  if not cfg.ordered then return forgetAll(line, ended) end
  local states = statesOf(line, ended)
  for _, id in ipairs(ended) do finish(line, id, states[id], nil) end
end

local function settleOthers()
  local ids, left = {}, {}
  for at = others, #ARGV, 6 do ids[#ids + 1] = ARGV[at] end
  local claims = claimsOf(line, owner, ids)
  for at = others, #ARGV, 6 do
    local id = ARGV[at]
    if isClaim(claims[id], ARGV[at + 1]) then
      local claim = claimIn(id, claims[id])
      claims[id] = nil
      left[#left + 1] = id
      settle(claim, ARGV[at + 2], tonumber(ARGV[at + 3]), ARGV[at + 4], ARGV[at + 5])
    end
  end
  letGo(line, owner, left)
end

settleDone()
settleOthers()
refresh()
sweepLine(line)
local gap, read, limit, isMore = nil, nil, nil, false
if cfg.kind == 'stream' then
  limit = nextOffset()
  if ARGV[7] ~= '' then limit = math.min(limit, tonumber(ARGV[7])) end
  if most > 0 then gap, read, isMore = feed(line, ARGV[5], 1024, limit) end
end
fill(isStraight and takeStraight or function(size)
  return takeReady(redis.call('ZPOPMIN', name('ready', line), size))
end)
local isOver = ARGV[7] ~= '' and read and read >= tonumber(ARGV[7]) and holding(line) == 0
local due = -1
if taken < most then due = (isMore or bytes >= 4194304) and 0 or nextDue(line) end
return answer(due, gap, isOver)
`,
)
