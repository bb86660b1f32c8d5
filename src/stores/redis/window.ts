import type { Change } from "../../domain/changes.ts";
import type { Logger } from "../../domain/logger.ts";
import type { Head, MessageWindow } from "../../domain/ports.ts";
import type { Message } from "../../protocol/messages.ts";
import { RedisAway, type RedisClient } from "./client.ts";
import { headKey, windowKey } from "./keys.ts";

/** Messages of a conversation that are kept at hand; more than a client's first pages. */
const LENGTH = 200;

/**
 * One change. KEYS: window, head. ARGV: version, seq of the message (0: none), the message, TTL in ms, length.
 * A window is either complete up to `head` or not there: what does not follow on drops it. The first line has Redis
 * refuse the script before it begins when there is no memory left.
 */
const RECORD = `#!lua
local head = tonumber(redis.call('GET', KEYS[2]) or (ARGV[1] == '1' and '0' or '-1'))
local version = tonumber(ARGV[1])
if version <= head then
  local there = redis.call('ZRANGE', KEYS[1], ARGV[2], ARGV[2], 'BYSCORE')
  -- Filled from the log already; else the log is not the one the window was made from (a restored backup, say).
  if version < head or (ARGV[2] ~= '0' and there[1] ~= ARGV[3]) then redis.call('DEL', KEYS[1], KEYS[2]) end
  return 0
end
if version ~= head + 1 then
  redis.call('DEL', KEYS[1], KEYS[2])
  return 0
end
if ARGV[2] ~= '0' then
  local fresh = redis.call('ZREMRANGEBYSCORE', KEYS[1], ARGV[2], ARGV[2]) == 0
  local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  -- An edit of a message older than the window is none of its business.
  if not (fresh and oldest[2] and tonumber(ARGV[2]) < tonumber(oldest[2])) then
    redis.call('ZADD', KEYS[1], ARGV[2], ARGV[3])
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[5]))
  end
end
redis.call('SET', KEYS[2], version, 'PX', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return 1`;

/** What PostgreSQL has. KEYS as above. ARGV: version, TTL in ms, then seq and message in turn. */
const REFILL = `#!lua
local head = tonumber(redis.call('GET', KEYS[2]) or '-1')
local version = tonumber(ARGV[1])
local more = (#ARGV - 2) / 2 > redis.call('ZCARD', KEYS[1])
if head > version or (head == version and not more) then return 0 end
redis.call('DEL', KEYS[1])
for i = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/** KEYS as above. ARGV: first and last seq. */
const PAGE = `
local head = redis.call('GET', KEYS[2])
if not head then return false end
return { head, redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE') }`;

/**
 * The newest messages of each conversation, in a sorted set by seq. Dense is not fresh: a page counts only when the
 * window's head is the log's, so no edit is ever missed.
 */
export class RedisWindow implements MessageWindow {
  constructor(
    private readonly client: RedisClient,
    private readonly ttlMs: number,
    private readonly logger: Logger,
  ) {}

  record(change: Change): void {
    const message = change.kind === "participants" ? undefined : change.message;
    const text = message === undefined ? "" : JSON.stringify(message);
    this.forgiving(
      this.client.run((redis) =>
        redis.eval(
          RECORD,
          2,
          ...keysOf(change.conversationId),
          change.version,
          message?.seq ?? 0,
          text,
          this.ttlMs,
          LENGTH,
        ),
      ),
    );
  }

  async page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined> {
    if (last - first >= LENGTH) return undefined;
    const found = await this.client
      .run((redis) => redis.eval(PAGE, 2, ...keysOf(conversationId), first, last))
      .catch(() => undefined);
    if (!Array.isArray(found)) return undefined;
    const [version, texts] = found;
    if (Number(version) !== head.lastVersion || !Array.isArray(texts)) return undefined;
    // Each seq is there once at most: as many as there should be are all of them.
    return texts.length === last - first + 1 ? texts.map(String) : undefined;
  }

  refill(conversationId: string, head: Head, messages: Message[]): void {
    const members = messages.flatMap((message) => [message.seq, JSON.stringify(message)]);
    this.forgiving(
      this.client.run((redis) =>
        redis.eval(REFILL, 2, ...keysOf(conversationId), head.lastVersion, this.ttlMs, ...members),
      ),
    );
  }

  /** Nothing depends on the window: what it misses is read from PostgreSQL. */
  private forgiving(work: Promise<unknown>) {
    work.catch((error: unknown) => {
      if (!(error instanceof RedisAway)) this.logger.warn({ err: error }, "Redis refused a message for its window");
    });
  }
}

const keysOf = (conversationId: string) => [windowKey(conversationId), headKey(conversationId)] as const;
