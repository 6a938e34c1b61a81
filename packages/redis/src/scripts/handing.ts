/** How messages of a straight queue go to consumers that wait, in the very call that publishes them. */

/**
 * `waiting` is a hash of consumers: the number by which their link knows them, the mark of the call since which they
 * wait, how many they handle at a time, how many more they take, and how often they were given some since. A link is
 * sent the mark, and for each message three lengths and then its id, headers and payload.
 */
export const handing = `
local waiting = redis.call('HGETALL', base .. ':waiting')
-- Nothing may be overtaken.
if #waiting > 0 and (redis.call('EXISTS', name('ready', 'q')) == 1
  or #redis.call('XRANGE', base, '(' .. position(), '+', 'COUNT', 1) > 0) then waiting = {} end

-- What was added: its id, and where in ARGV its headers stand.
local ids, places = {}, {}

-- A link that does not read is not to be flooded.
local mostBytes, mostTimes = 262144, 8

-- Gives the first that was not handed out.
local function handTo(owner, seat, from, share)
  local link, number = string.match(owner, '^(.*)/(%d+)$')
  local mark, most, room, times = string.match(seat, '^(%S+) (%d+) (%d+) (%d+)$')
  room, times = tonumber(room), tonumber(times)
  if times >= mostTimes then return from end
  local text, claims, claim = { number .. '\\n' .. mark .. '\\n' }, {}, '1 ' .. most
  local at, bytes, last = from, 0, math.min(#ids, from + math.min(room, share) - 1)
  while at <= last do
    local id, headers, data = ids[at], ARGV[places[at]], ARGV[places[at] + 1]
    bytes = bytes + #headers + #data
    if bytes > mostBytes then break end
    local count = #text
    text[count + 1] = struct.pack('>I4I4I4', #id, #headers, #data)
    text[count + 2], text[count + 3], text[count + 4] = id, headers, data
    claims[#claims + 1] = id
    claims[#claims + 1] = claim
    at = at + 1
  end
  if at == from then return from end
  if redis.call('PUBLISH', link, table.concat(text)) == 0 then
    redis.call('HDEL', base .. ':waiting', owner)
    return from
  end
  keep('q', owner, claims)
  redis.call('HSET', base .. ':waiting', owner, mark .. ' ' .. most .. ' ' .. room - at + from .. ' ' .. times + 1)
  return at
end

-- In equal shares, each time beginning with another.
local function handOver()
  local at, left = 1, #waiting / 2
  local turn = left > 0 and clock[2] % left or 0
  while left > 0 and at <= #ids do
    local place = turn % (#waiting / 2) * 2
    at = handTo(waiting[place + 1], waiting[place + 2], at, math.ceil((#ids - at + 1) / left))
    turn = turn + 1
    left = left - 1
  end
  if at > 1 then
    cursor = ids[at - 1]
    count('received', at - 1)
  end
  if at <= #ids then woken.q = true end
end
`
