/** Streams: dense offsets, retention, and the cursors of groups. The record with offset n has the id (n+1)-0. */

export const log = `
local function offsetOf(id) return tonumber(string.match(id, '^(%d+)')) - 1 end
local function idOf(offset) return whole(offset + 1) .. '-0' end

local function nextOffset()
  local known = tonumber(redis.call('HGET', meta, 'next') or '0')
  local last = redis.call('XREVRANGE', base, '+', '-', 'COUNT', 1)[1]
  -- Others may have added records.
  return last and math.max(known, offsetOf(last[1]) + 1) or known
end

local function firstOffset()
  local first = redis.call('XRANGE', base, '-', '+', 'COUNT', 1)[1]
  return first and offsetOf(first[1]) or nextOffset()
end

local function timeOf(entry) return tonumber(fieldsOf(entry[2]).at or '0') or 0 end

local function retain()
  if not (cfg.keepMs or cfg.keepBytes) then
    if cfg.keepCount then redis.call('XTRIM', base, 'MAXLEN', cfg.keepCount) end
    return
  end
  local bytes = tonumber(redis.call('HGET', meta, 'bytes') or '0')
  local left = redis.call('XLEN', base)
  local removed = 0
  while left > 0 do
    local head = redis.call('XRANGE', base, '-', '+', 'COUNT', 1)[1]
    local isOver = (cfg.keepCount and left > cfg.keepCount) or (cfg.keepBytes and bytes - removed > cfg.keepBytes)
    if not isOver and not (cfg.keepMs and timeOf(head) < now - cfg.keepMs) then break end
    removed = removed + #(fieldsOf(head[2]).data or '')
    left = left - 1
    redis.call('XDEL', base, head[1])
  end
  if removed > 0 then redis.call('HINCRBY', meta, 'bytes', -removed) end
end

-- The first record that was added at that time or later.
local function offsetAt(time)
  local low, high = firstOffset(), nextOffset()
  while low < high do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', base, idOf(middle), '+', 'COUNT', 1)[1]
    if entry and timeOf(entry) < time then low = offsetOf(entry[1]) + 1 else high = middle end
  end
  return low
end

local function offsetOfStart(start)
  if start == 'start' then return firstOffset() end
  local kind, value = string.match(start, '^(%a+):(-?%d+)$')
  if kind == 'offset' then return tonumber(value) end
  if kind == 'time' then return offsetAt(tonumber(value)) end
  return nextOffset()
end

-- Reads ahead into the line of a group; gives the gap that retention has left, if any.
local function feed(line, pattern, window, limit)
  retain()
  local from = tonumber(redis.call('HGET', base .. ':cursors', line) or '0')
  local begin, gap = from, nil
  local room = window - holding(line)
  local first = math.min(firstOffset(), limit)
  if room > 0 and from < first then
    gap = { from, first - 1 }
    from = first
  end
  local looked = 0
  gathered = {}
  while room > 0 and from < limit and looked < 2000 do
    local entries = redis.call('XRANGE', base, idOf(from), idOf(limit - 1), 'COUNT', math.min(room, 200))
    if #entries == 0 then
      from = limit
      break
    end
    for _, entry in ipairs(entries) do
      local fields = fieldsOf(entry[2])
      local headers = headersOf(fields)
      from = offsetOf(entry[1]) + 1
      looked = looked + 1
      if matches(pattern, addressOf(headers, fields)) then
        admit(line, entry[1], textOf(headers['ce-partitionkey']), 0)
        room = room - 1
      end
    end
  end
  flushReady()
  if from ~= begin then redis.call('HSET', base .. ':cursors', line, whole(from)) end
  return gap, from, looked >= 2000
end
`
