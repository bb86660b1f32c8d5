-- Prelude: `now` is the time of Redis in ms. All nodes share that clock.
-- `text` writes a time in ms as text, because Redis cuts the fraction off a number that a script returns.
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function text(ms) return string.format('%.3f', ms) end
