-- Renews the lease of a node and finds dead nodes. Needs `now` and `text` (clock.lua).
-- KEYS: the nodes, by the end of their leases.
-- ARGV: the node, the length of a lease in ms, and 1 if the node had a lease before.
-- Returns 0 if that lease has run out, else 1; the time; then each dead node and how many ms ago its lease ended.
-- A node that has lost its lease is dead once more under that name: it may have entered places after another node had
-- removed its old ones.
local ends = redis.call('ZSCORE', KEYS[1], ARGV[1])
local lost = ARGV[3] == '1' and not (ends and tonumber(ends) > now)
redis.call('ZADD', KEYS[1], text(lost and now or now + ARGV[2]), ARGV[1])
local reply = { lost and 0 or 1, text(now) }
-- Anybody may have written any number of nodes.
local dead = redis.call('ZRANGE', KEYS[1], '-inf', text(now), 'BYSCORE', 'LIMIT', 0, 100, 'WITHSCORES')
for i = 1, #dead, 2 do
  reply[#reply + 1] = dead[i]
  reply[#reply + 1] = text(now - dead[i + 1])
end
return reply
