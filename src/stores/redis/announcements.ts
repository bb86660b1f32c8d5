import type { ChangeEvent } from "../../domain/changes.ts";
import type { Logger } from "../../domain/logger.ts";
import type { RedisClient } from "./client.ts";
import { windowKey } from "./keys.ts";
import { Script } from "./script.ts";
import { RECORD, WINDOW_LENGTH } from "./window.ts";

/** Changes in one script at most: nobody else is served while it runs, some microseconds a change. */
const AT_ONCE = 128;

/**
 * KEYS: the changes' windows. ARGV: TTL in ms and length of a window; then of each change its channel, its version, the
 * seq of its message (0: none), 1 when that is a new one, and what is published, which ends with the message and a brace.
 * What a window has no memory for is published nevertheless.
 */
const ANNOUNCE = new Script(`${RECORD}
-- A replica publishes to its own listeners only, and would say that all is well: a write, of no effect, tells.
local writable = redis.pcall('PEXPIRE', KEYS[1], ARGV[1])
if type(writable) == 'table' and writable.err then return redis.error_reply(writable.err) end
local failed
for i = 1, #KEYS do
  local at = 5 * i - 2
  local text = ARGV[at + 4]
  redis.call('PUBLISH', ARGV[at], text)
  local message = ''
  if ARGV[at + 2] ~= '0' then
    local _, before = string.find(text, '"message":', string.find(text, '\\n', 1, true), true)
    message = string.sub(text, before + 1, -2)
  end
  local ok, why = pcall(record, KEYS[i], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3] == '1', message, ARGV[1], tonumber(ARGV[2]))
  if not ok then
    redis.pcall('DEL', KEYS[i])
    failed = why.err or tostring(why)
  end
end
return failed or 'OK'`);

/** The changes of one tick, in one round trip: each is published, and its conversation's window kept up to date. */
export class Announcements {
  private keys: string[] = [];
  private parameters: (string | number)[] = [];

  /** @param onLost hears when changes were perhaps not published */
  constructor(
    private readonly client: RedisClient,
    private readonly windowTtlMs: number,
    private readonly onLost: () => void,
    private readonly logger: Logger,
  ) {}

  /** @param text ends with the change's frame, behind a line break */
  add(channel: string, text: string, { conversationId, version, message }: ChangeEvent): void {
    if (this.keys.length === 0) queueMicrotask(() => this.flush());
    this.keys.push(windowKey(conversationId));
    this.parameters.push(channel, version, message?.seq ?? 0, message?.isNew ? 1 : 0, text);
    if (this.keys.length === AT_ONCE) this.flush();
  }

  private flush() {
    const { keys, parameters } = this;
    if (keys.length === 0) return;
    this.keys = [];
    this.parameters = [];
    this.client
      .run((redis) => ANNOUNCE.run(redis, keys, [this.windowTtlMs, WINDOW_LENGTH, ...parameters]))
      .then(
        (reply) => reply === "OK" || this.logger.warn({ reply }, "Redis refused a message for its window"),
        () => this.onLost(),
      );
  }
}
