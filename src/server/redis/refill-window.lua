-- Fills a window with the messages that PostgreSQL has.
-- KEYS: the window.
-- ARGV: version, tag, TTL in ms, then the seq and the member of each message in turn.
local known = redis.pcall('ZRANGE', KEYS[1], '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local version = tonumber(ARGV[1])
if known[1] then
  local head = -tonumber(known[2])
  local more = (#ARGV - 3) / 2 > redis.call('ZCARD', KEYS[1]) - 1
  if head > version or (head == version and known[1] == ARGV[2] and not more) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], -version, ARGV[2])
for i = 4, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
