-- Prelude: `record` adds one change to a window, a sorted set of messages by seq. The window also holds its own head,
-- the last change that it includes: the tag is the member, the negative version its score. Two kinds of change drop the
-- window. One is a change that is not the next after the head. The other is a change that is no new message, because
-- the signatures of the other messages then no longer fit. The next reader of the newest page fills the window again
-- (refill-window.lua). A conversation that nobody reads has no window and costs nothing here.
local function record(key, version, tag, seq, text, renew, length)
  local known = redis.call('ZRANGE', key, '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  if not known[1] then return end
  local head, v = -tonumber(known[2]), tonumber(version)
  -- The window includes this change: it was filled from the log. With another tag it is from another history of the
  -- database, before a restore for example.
  if v == head and known[1] == tag then return end
  if v ~= head + 1 or seq == '0' then
    redis.call('DEL', key)
    return
  end
  -- ZADD first: an empty key would vanish with its expiry, and the new one would never expire.
  redis.call('ZADD', key, -v, tag, seq, text)
  redis.call('ZREM', key, known[1])
  -- Trimming with each message would cost more, and a few messages too many do no harm.
  if redis.call('ZCARD', key) > length + 16 then redis.call('ZREMRANGEBYRANK', key, 1, -1 - length) end
  if renew ~= '0' then redis.call('PEXPIRE', key, renew) end
end
