-- Reads a page of a window: its tag, its version and the members of the page.
-- KEYS: the window.
-- ARGV: the first and the last seq of the page, and the last seq that retention has removed.
-- The script reads at most one member more than the page can have. That shows that somebody else added members, and it
-- bounds the answer.
if ARGV[3] ~= '0' then redis.call('ZREMRANGEBYSCORE', KEYS[1], '(0', ARGV[3]) end
local known = redis.call('ZRANGE', KEYS[1], '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
if not known[1] then return false end
local most = ARGV[2] - ARGV[1] + 2
return { known[1], -tonumber(known[2]), redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE', 'LIMIT', 0, most) }
