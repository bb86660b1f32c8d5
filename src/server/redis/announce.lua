-- Publishes changes and records each in the window of its conversation. Needs `record` (record-change.lua).
-- KEYS: the windows of the changes.
-- ARGV: the new life of a window in ms (0: it keeps the one it has), and the length of a window. Then, for each change:
-- its channel (empty: it is not published), its version, its tag, the seq of its message if the change is a new message (else 0), and its text.
-- A change is published even if Redis has no memory left to record it.

-- A replica publishes to its own listeners only and reports success. A write without effect fails on a replica, and so
-- exposes it.
local writable = redis.pcall('PEXPIRE', KEYS[1], 1, 'GT')
if type(writable) == 'table' and writable.err then return redis.error_reply(writable.err) end
local failed
for i = 1, #KEYS do
  local at = 5 * i - 2
  local text = ARGV[at + 4]
  if ARGV[at] ~= '' then redis.call('PUBLISH', ARGV[at], text) end
  local ok, why = pcall(record, KEYS[i], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], text, ARGV[1], tonumber(ARGV[2]))
  if not ok then
    redis.pcall('DEL', KEYS[i])
    failed = why.err or tostring(why)
  end
end
return failed or 'OK'
