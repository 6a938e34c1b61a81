/** How a consumer takes: what came back and what is fresh, in the order of their places. */

/** `line` is the line, `ARGV[8]` how many the consumer handles at a time. */
export const taking = `
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
