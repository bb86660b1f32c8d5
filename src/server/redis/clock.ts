/** Redis' clock is the one that all nodes share: in ms, as text, for a number would lose its fraction. */
export const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local function text(ms) return string.format('%.3f', ms) end`;

/** The first two of a script's reply: what came of it, and when. */
export function numbers(reply: unknown): [number, number] {
  const [outcome, at] = Array.isArray(reply) ? reply : [];
  return [Number(outcome), Number(at)];
}
