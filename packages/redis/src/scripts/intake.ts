/** How what was added to a channel's stream, by us or by others, comes into the lines of its groups. */

export const intake = `
local lines = nil

local function linesOf()
  if lines then return lines end
  lines = {}
  if cfg.kind == 'queue' then return lines end
  local known = redis.call('HGETALL', base .. ':lines')
  for at = 1, #known, 2 do
    local line = cjson.decode(known[at + 1])
    line.name = known[at]
    lines[#lines + 1] = line
  end
  return lines
end

local function route(id, key, address, priority)
  cursor = id
  if cfg.kind == 'queue' then return admit('q', id, key, priority) end
  local takers = {}
  for _, line in ipairs(linesOf()) do
    if matches(line.pattern, address) then takers[#takers + 1] = line.name end
  end
  if #takers == 0 then
    gone[#gone + 1] = id
    return
  end
  if #takers > 1 then redis.call('HSET', base .. ':refs', id, #takers) end
  for _, line in ipairs(takers) do admit(line, id, key, priority) end
end

-- Headers of foreign messages may be missing, or no JSON.
local function headersOf(fields)
  local ok, headers = pcall(cjson.decode, fields.headers or '{}')
  return ok and type(headers) == 'table' and headers or {}
end

local function textOf(value) return type(value) == 'string' and value or nil end

local function addressOf(headers, fields)
  local subject = textOf(headers['ce-subject']) or fields['ce-subject']
  return subject and (cfg.name .. '.' .. subject) or cfg.name
end

local function takeIn()
  if cfg.kind == 'stream' then return end
  local from = position()
  while true do
    local added = redis.call('XRANGE', base, '(' .. from, '+', 'COUNT', 200)
    for _, entry in ipairs(added) do
      local fields = fieldsOf(entry[2])
      local headers = headersOf(fields)
      local key = textOf(headers['ce-partitionkey']) or fields['ce-partitionkey']
      route(entry[1], key, addressOf(headers, fields), 0)
      from = entry[1]
    end
    if #added < 200 then return end
  end
end

-- Delayed sends wait in a stream of their own until they are due.
local function takeDue()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', base .. ':due', '-inf', now, 'LIMIT', 0, 500)) do
    redis.call('ZREM', base .. ':due', id)
    local entry = redis.call('XRANGE', base .. ':later', id, id)[1]
    if entry then
      redis.call('XDEL', base .. ':later', id)
      local fields = fieldsOf(entry[2])
      local headers = headersOf(fields)
      local added = redis.call('XADD', base, '*', 'headers', fields.headers, 'data', fields.data)
      -- It was counted when it was sent.
      if cfg.kind == 'queue' then count('received', -1) end
      if isStraight then
        woken.q = true
      else
        route(added, textOf(headers['ce-partitionkey']), addressOf(headers, fields), tonumber(fields.priority))
      end
    end
  end
end

local function refresh()
  if not isStraight then takeIn() end
  takeDue()
end

-- What waits in the stream of a straight queue and was never handed out.
local function freshCount()
  if not isStraight then return 0 end
  return math.max(0, redis.call('XLEN', base) - holding('q'))
end
`
