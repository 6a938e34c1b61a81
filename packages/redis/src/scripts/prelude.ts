/** What every script begins with: time, names of keys, counts that are written once at the end. */

/**
 * KEYS[1] is the channel's base key, ARGV[1] its settings as JSON, ARGV[2] the caller's wall time as ISO text.
 * `leave(...)` is the way out: it writes counts and tells those who wait.
 */
export const prelude = `
local base, cfg, iso = KEYS[1], cjson.decode(ARGV[1]), ARGV[2]
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local meta = base .. ':meta'
local counts, woken, gone, lastSeq, cursor = {}, {}, {}, nil, nil

local function name(part, line) return base .. ':' .. part .. ':' .. line end
local function count(what, n) counts[what] = (counts[what] or 0) + (n or 1) end
local function whole(n) return string.format('%.0f', n) end

-- A queue of which nothing but age decides who is next: it is taken straight from its stream.
local isStraight = cfg.kind == 'queue' and not (cfg.ordered or cfg.priority or cfg.ttl)

-- Up to where the stream was looked at.
local function position() return cursor or redis.call('HGET', meta, 'cursor') or '0-0' end

local function nextSeq()
  if not lastSeq then lastSeq = tonumber(redis.call('HGET', meta, 'seq') or '0') end
  lastSeq = lastSeq + 1
  return lastSeq
end

local function fieldsOf(flat)
  local fields = {}
  for at = 1, #flat, 2 do fields[flat[at]] = flat[at + 1] end
  return fields
end

-- Records of a stream that came back from the dead letters have a body of their own.
local function bodyOf(id)
  local place = base
  if string.sub(id, 1, 1) == 'r' then
    place = base .. ':back'
    id = string.sub(id, 2)
  end
  local found = redis.call('XRANGE', place, id, id)[1]
  return found and found[2]
end

-- Calls with many members are far cheaper than many calls.
local function inBlocks(values, size, call)
  for at = 1, #values, size do call(unpack(values, at, math.min(at + size - 1, #values))) end
end

local function flush()
  if #gone > 0 then
    for at = 1, #gone, 1000 do
      redis.call('XDEL', base, unpack(gone, at, math.min(at + 999, #gone)))
    end
  end
  local facts = {}
  if lastSeq then facts = { 'seq', whole(lastSeq) } end
  if cursor then
    facts[#facts + 1] = 'cursor'
    facts[#facts + 1] = cursor
  end
  if #facts > 0 then redis.call('HSET', meta, unpack(facts)) end
  for what, n in pairs(counts) do redis.call('HINCRBY', meta, what, n) end
  for line in pairs(woken) do redis.call('PUBLISH', base .. ':wake', line) end
end

local function leave(answer)
  flush()
  return answer
end

-- '*' is one token, '**' at the end one or more.
local function matches(pattern, address)
  if pattern == address then return true end
  local nextToken = string.gmatch(address, '[^.]+')
  for wanted in string.gmatch(pattern, '[^.]+') do
    local token = nextToken()
    if not token then return false end
    if wanted == '**' then return true end
    if wanted ~= '*' and wanted ~= token then return false end
  end
  return nextToken() == nil
end
`
