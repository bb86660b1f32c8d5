-- Removes the places of a user on a node. Needs `now` and `text` (clock.lua).
-- KEYS: the places of the user.
-- ARGV: the node.
-- Returns the time and an outcome. 0: the user is on another node still. 1: the user is on no node, and this call
-- removed nothing. 2: the user was on this node alone until this call.
local removed = redis.call('HDEL', KEYS[1], ARGV[1])
return { redis.call('EXISTS', KEYS[1]) == 1 and 0 or 1 + removed, text(now) }
