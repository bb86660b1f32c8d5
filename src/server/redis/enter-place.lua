-- Sets how many places a user has on a node. Needs `now` and `text` (clock.lua).
-- KEYS: the places of the user.
-- ARGV: the node, how many places the user has there, the most places on all nodes, and the TTL in ms.
-- A node says how many places there are, not that there is one more: to say it twice does no harm.
-- Returns the time and an outcome. 0: there are too many places. 1: the user was on another node already. 2: the user
-- is on this node alone, and was before. 3: the user is on this node alone, and was on none before.
local all = redis.call('HGETALL', KEYS[1])
local others, nodes, own = 0, 0, false
for i = 1, #all, 2 do
  if all[i] == ARGV[1] then own = true else others, nodes = others + all[i + 1], nodes + 1 end
end
if others + ARGV[2] > tonumber(ARGV[3]) then return { 0, text(now) } end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return { nodes > 0 and 1 or own and 2 or 3, text(now) }
