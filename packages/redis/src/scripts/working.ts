/** The script of those who handle messages: it settles and takes. */

import { held } from './held.js'
import { intake } from './intake.js'
import { line } from './line.js'
import { log } from './log.js'
import { prelude } from './prelude.js'
import { script } from './script.js'
import { sweep } from './sweep.js'
import { taking } from './taking.js'

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
  line,
  held,
  intake,
  log,
  sweep,
  `
local owner, line, most = ARGV[3], ARGV[4], tonumber(ARGV[6])

-- Messages that are done stand from 10 on, the others behind them.
local others = 10 + 2 * tonumber(ARGV[9])

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

local function settleAll()
  local ids = {}
  for at = 10, others - 1, 2 do ids[#ids + 1] = ARGV[at] end
  for at = others, #ARGV, 6 do ids[#ids + 1] = ARGV[at] end
  if #ids == 0 then return end
  local claims, left, ended = claimsOf(line, owner, ids), {}, {}
  for at = 10, others - 1, 2 do
    local id = ARGV[at]
    if isClaim(claims[id], ARGV[at + 1]) then
      claims[id] = nil
      ended[#ended + 1] = id
    end
  end
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
  letGo(line, owner, ended)
  if #ended > 0 then count('done', #ended) end
  if not cfg.ordered then return forgetAll(line, ended) end
  local states = statesOf(line, ended)
  for _, id in ipairs(ended) do finish(line, id, states[id], nil) end
end

-- What it is given from here on comes with the answer.
local seat = isStraight and redis.call('HGET', base .. ':waiting', owner)
local mark, times = string.match(seat or '', '^(%S+) .* (%d+)$')
if seat then redis.call('HDEL', base .. ':waiting', owner) end

settleAll()
refresh()
sweepLine(line)
local gap, read, limit, isMore = nil, nil, nil, false
if cfg.kind == 'stream' then
  limit = nextOffset()
  if ARGV[7] ~= '' then limit = math.min(limit, tonumber(ARGV[7])) end
  if most > 0 then gap, read, isMore = feed(line, ARGV[5], 1024, limit) end
end

`,
  taking,
  `
-- No answer is to be too large for a link: a few first, many only if these were small.
local block = 8
-- A script that has begun to write may go on when the memory of the server is used up: what is there can be consumed.
if isStraight and most > 0 then redis.call('ZREM', name('leases', line), '') end
while taken < most and bytes < 4194304 do
  local size = math.min(most - taken, block)
  if isStraight then
    if not takeStraight(size) then break end
  elseif not takeReady(redis.call('ZPOPMIN', name('ready', line), size)) then
    break
  end
  if #claims > 0 then keep(line, owner, claims) end
  claims = {}
  block = taken > 0 and bytes / taken < 16384 and 128 or 8
end

local isOver = 0
if ARGV[7] ~= '' and read and read >= tonumber(ARGV[7]) and holding(line) == 0 then isOver = 1 end
local due = -1
if taken < most then due = (isMore or bytes >= 4194304) and 0 or nextDue(line) end
-- This consumer has just looked; others of its line have not.
if taken < most then woken[line] = nil end
local newMark = ''
if isStraight and taken < most and due ~= 0 then
  newMark = clock[1] .. '.' .. clock[2]
  redis.call('HSET', base .. ':waiting', owner, newMark .. ' ' .. ARGV[8] .. ' ' .. most - taken .. ' 0')
end
return leave({ rows, tries, due, gap or {}, isOver, mark or '', tonumber(times or '0'), newMark })
`,
)
