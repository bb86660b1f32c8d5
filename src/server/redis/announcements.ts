import type { Logger } from "../base/logger.ts";
import type { ChangeEvent } from "../bus/change-event.ts";
import type { RedisClient } from "./client.ts";
import { windowKey } from "./keys.ts";
import { Script } from "./script.ts";
import { RECORD, WINDOW_LENGTH, type WindowLife } from "./window.ts";

/** Changes in one script at most: nobody else is served while it runs, some microseconds a change. */
const AT_ONCE = 128;

/**
 * KEYS: the changes' windows. ARGV: what renews a window's life, in ms (0: nothing), and length of a window; then of each
 * change its channel, its version, its tag, the seq of its message when that is a new one (else 0), and what is published.
 * What a window has no memory for is published nevertheless.
 */
const ANNOUNCE = new Script(`${RECORD}
-- A replica publishes to its own listeners only, and would say that all is well: a write, of no effect, tells.
local writable = redis.pcall('PEXPIRE', KEYS[1], 1, 'GT')
if type(writable) == 'table' and writable.err then return redis.error_reply(writable.err) end
local failed
for i = 1, #KEYS do
  local at = 5 * i - 2
  local text = ARGV[at + 4]
  redis.call('PUBLISH', ARGV[at], text)
  local ok, why = pcall(record, KEYS[i], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], text, ARGV[1], tonumber(ARGV[2]))
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
    private readonly life: WindowLife,
    private readonly onLost: () => void,
    private readonly logger: Logger,
  ) {}

  /** @param text what is published, and what the window keeps of a new message */
  add(channel: string, text: string, { conversationId, version, tag, message }: ChangeEvent): void {
    if (this.keys.length === 0) queueMicrotask(() => this.flush());
    this.keys.push(windowKey(conversationId));
    this.parameters.push(channel, version, tag, message?.isNew ? message.seq : 0, text);
    if (this.keys.length === AT_ONCE) this.flush();
  }

  private flush() {
    const { keys, parameters } = this;
    if (keys.length === 0) return;
    this.keys = [];
    this.parameters = [];
    const renewMs = this.life.isRenewed ? this.life.ttlMs : 0;
    this.client
      .run((redis) => ANNOUNCE.run(redis, keys, [renewMs, WINDOW_LENGTH, ...parameters]))
      .then(
        (reply) => reply === "OK" || this.logger.warn({ reply }, "Redis refused a message for its window"),
        () => this.onLost(),
      );
  }
}
