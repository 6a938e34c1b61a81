/** How a consumer settles what is done and takes: what came back and what is fresh, in the order of their places. */

/**
 * What each call does, before anything that few calls need is defined: that would cost more than the call. ARGV are those
 * of `work`.
 */
export const taking = `
local owner, line, most = ARGV[3], ARGV[4], tonumber(ARGV[6])

-- Messages that are done stand from 10 on, the others behind them.
local others = 10 + 2 * tonumber(ARGV[9])

-- What it is given from here on comes with the answer.
local seat = isStraight and redis.call('HGET', base .. ':waiting', owner)
local mark, times = string.match(seat or '', '^(%S+) .* (%d+)$')
if seat then redis.call('HDEL', base .. ':waiting', owner) end

-- Gives those that it had in hand, and has no more.
local function done()
  local ids, ended = {}, {}
  for at = 10, others - 1, 2 do ids[#ids + 1] = ARGV[at] end
  if #ids == 0 then return ended end
  local claims = claimsOf(line, owner, ids)
  for at = 10, others - 1, 2 do
    local id = ARGV[at]
    if isClaim(claims[id], ARGV[at + 1]) then
      claims[id] = nil
      ended[#ended + 1] = id
    end
  end
  letGo(line, owner, ended)
  if #ended > 0 then count('done', #ended) end
  return ended
end

local taken, tries, claims, rows, bytes = 0, {}, {}, {}, 0

-- As one flat list: lists in lists cost far more.
local function take(id, fields, claim)
  taken = taken + 1
  claims[#claims + 1] = id
  claims[#claims + 1] = claim
  local at = #rows + 1
  rows[at] = id
  if #fields == 4 and fields[1] == 'headers' and fields[3] == 'data' then
    rows[at + 1], rows[at + 2] = fields[2], fields[4]
    bytes = bytes + #fields[2] + #fields[4]
    return
  end
  rows[at + 1] = fields
  for _, field in ipairs(fields) do bytes = bytes + #field end
end

-- From the stream of a straight queue, what stands before a place.
local function takeFresh(most, place)
  local claim, fresh = '1 ' .. ARGV[8], 0
  for _, entry in ipairs(redis.call('XRANGE', base, '(' .. position(), '+', 'COUNT', most)) do
    if place and placeIn(entry[1]) >= place then break end
    take(entry[1], entry[2], claim)
    cursor = entry[1]
    fresh = fresh + 1
  end
  count('received', fresh)
  return fresh > 0
end

-- No answer is to be too large for a link: a few first, many only if these were small.
local function fill(takeSome)
  local block = 8
  -- A script that has begun to write may go on when the memory of the server is used up: what is there can be consumed.
  if isStraight and most > 0 then redis.call('ZREM', name('leases', line), '') end
  while taken < most and bytes < 4194304 do
    if not takeSome(math.min(most - taken, block)) then break end
    if #claims > 0 then keep(line, owner, claims) end
    claims = {}
    block = taken > 0 and bytes / taken < 16384 and 128 or 8
  end
end

local function answer(due, gap, isOver)
  if taken < most then
    -- This consumer has just looked; others of its line have not.
    woken[line] = nil
  else
    due = -1
  end
  local newMark = ''
  if isStraight and taken < most and due ~= 0 then
    newMark = clock[1] .. '.' .. clock[2]
    redis.call('HSET', base .. ':waiting', owner, newMark .. ' ' .. ARGV[8] .. ' ' .. most - taken .. ' 0')
  end
  return leave({ rows, tries, due, gap or {}, isOver and 1 or 0, mark or '', tonumber(times or '0'), newMark })
end

-- Most calls find nothing but what is fresh.
if isStraight and #ARGV < others and redis.call('EXISTS', name('ready', line), name('delayed', line),
  name('state', line), base .. ':due') == 0 then
  local first = redis.call('ZRANGE', name('leases', line), 0, 0, 'WITHSCORES')[2]
  local due = first and tonumber(first) - now or -1
  if not first or due > 0 then
    for _, id in ipairs(done()) do gone[#gone + 1] = id end
    fill(takeFresh)
    return answer(bytes >= 4194304 and 0 or due)
  end
end
`

/** What came back, and what is fresh only behind it. */
export const takingBack = `
-- Of the last that was taken.
local function tried(failed, times)
  while #tries < 2 * taken do
    tries[#tries + 1] = 0
    tries[#tries + 1] = 1
  end
  tries[#tries - 1], tries[#tries] = failed, times
end

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

local function takeReady(popped)
  local ids = {}
  for at = 1, #popped, 2 do ids[#ids + 1] = popped[at] end
  local known, bodies = statesOf(line, ids), bodiesOf(popped)
  for at = 1, #popped, 2 do
    local id, state = popped[at], known[popped[at]]
    local body = bodies[id] or bodyOf(id)
    if body then
      local times = (state and state.a or 0) + 1
      take(id, body, times .. ' ' .. ARGV[8] .. ' ' .. popped[at + 1])
      tried(state and state.f or 0, times)
    else
      finish(line, id, state, 'dropped')
    end
  end
  return #popped > 0
end

local function takeStraight(most)
  local ready = name('ready', line)
  local head = redis.call('ZRANGE', ready, 0, 0, 'WITHSCORES')
  if #head == 0 then return takeFresh(most) end
  local fresh = redis.call('XRANGE', base, '(' .. position(), '+', 'COUNT', 1)[1]
  local place = fresh and whole(placeIn(fresh[1])) or '+inf'
  local back = redis.call('ZRANGEBYSCORE', ready, '-inf', place, 'WITHSCORES', 'LIMIT', 0, most)
  if #back == 0 then return takeFresh(most, tonumber(head[2])) end
  for at = 1, #back, 2 do redis.call('ZREM', ready, back[at]) end
  return takeReady(back)
end
`
