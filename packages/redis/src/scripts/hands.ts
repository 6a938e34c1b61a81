/** What consumers of a line have in hand, and until when: one lease for each consumer, one claim for each message. */

/**
 * `leases` is a sorted set of consumers by the end of their lease. `held`, one hash for each of them, says of a message
 * how often it was handed out, how many the consumer handles at a time, and its place; without one that is where its id
 * says.
 */
export const hands = `
-- Of a message of a straight queue.
local function placeIn(id)
  local time, number = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(time) * 2048 + math.min(2047, tonumber(number))
end

local function heldBy(line, owner) return name('held', line) .. ':' .. owner end

local function keep(line, owner, claims)
  inBlocks(claims, 1000, function(...) redis.call('HSET', heldBy(line, owner), ...) end)
  redis.call('ZADD', name('leases', line), whole(now + cfg.lease), owner)
end

-- Of the ids those that the consumer has, each with its claim.
local function claimsOf(line, owner, ids)
  local claims, key = {}, heldBy(line, owner)
  for at = 1, #ids, 1000 do
    local found = redis.call('HMGET', key, unpack(ids, at, math.min(at + 999, #ids)))
    for index, claim in ipairs(found) do claims[ids[at + index - 1]] = claim end
  end
  return claims
end

local function isClaim(text, times) return text and string.find(text, times .. ' ', 1, true) == 1 end

local function letGo(line, owner, ids)
  inBlocks(ids, 1000, function(...) redis.call('HDEL', heldBy(line, owner), ...) end)
end
`
