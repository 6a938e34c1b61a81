/** Lines of consumers that are gone for good. */

/** Removes them; their links are given a minute to come back. */
export const reap = `
local patience = 60000

local function dropLine(line)
  redis.call('HDEL', base .. ':lines', line)
  redis.call('HDEL', base .. ':cursors', line)
  for _, id in ipairs(empty(line)) do forget(line, id, 'dropped') end
  redis.call('DEL', name('state', line), name('expire', line))
end

local function reap()
  local known = redis.call('HGETALL', base .. ':consumers')
  local present = 0
  for at = 1, #known, 2 do
    local consumer = cjson.decode(known[at + 1])
    if redis.call('PUBSUB', 'NUMSUB', consumer.link)[2] > 0 then
      present = present + 1
      redis.call('HDEL', base .. ':absent', known[at])
    else
      redis.call('HSETNX', base .. ':absent', known[at], now)
      if tonumber(redis.call('HGET', base .. ':absent', known[at])) < now - patience then
        if consumer.transient then dropLine(consumer.line) end
        redis.call('HDEL', base .. ':consumers', known[at])
        redis.call('HDEL', base .. ':absent', known[at])
      end
    end
  end
  return present
end
`
