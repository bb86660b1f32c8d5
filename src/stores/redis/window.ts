import type { Logger } from "../../domain/logger.ts";
import type { Head, MessageWindow } from "../../domain/ports.ts";
import type { Message } from "../../protocol/messages.ts";
import { RedisAway, type RedisClient } from "./client.ts";
import { windowKey } from "./keys.ts";
import { Script } from "./script.ts";

/** Messages of a conversation that are kept at hand; more than a client's first pages. */
export const WINDOW_LENGTH = 200;

/**
 * A Lua function that takes one change into its window, a sorted set of messages by seq. What the window is complete up
 * to stands in it too, as the member `head` with the version below zero. What does not follow on drops the window; who
 * reads the newest page then opens it anew (REFILL). A conversation that nobody pages through costs nothing here.
 */
export const RECORD = `
local function record(key, version, seq, isNew, message, ttl, length)
  local known = redis.call('ZSCORE', key, 'head')
  if not known then return end
  local head, v = -tonumber(known), tonumber(version)
  if v <= head then
    local there = redis.call('ZRANGE', key, seq, seq, 'BYSCORE')
    -- Filled from the log already; else the log is not the one the window was made from (a restored backup, say).
    if v < head or there[1] ~= message then redis.call('DEL', key) end
    return
  end
  if v ~= head + 1 then
    redis.call('DEL', key)
    return
  end
  local takes = seq ~= '0'
  if takes and not isNew then
    local oldest = redis.call('ZRANGE', key, 1, 1, 'WITHSCORES')[2]
    -- A change of a message older than the window is none of its business.
    takes = oldest and tonumber(seq) >= tonumber(oldest)
    if takes then redis.call('ZREMRANGEBYSCORE', key, seq, seq) end
  end
  if takes then
    redis.call('ZADD', key, -v, 'head', seq, message)
    -- Not with each: a few above the length are no harm.
    if redis.call('ZCARD', key) > length + 16 then redis.call('ZREMRANGEBYRANK', key, 1, -1 - length) end
  else
    redis.call('ZADD', key, -v, 'head')
  end
  redis.call('PEXPIRE', key, ttl)
end`;

/** What PostgreSQL has. KEYS: window. ARGV: version, TTL in ms, then seq and message in turn. */
const REFILL = new Script(`
local head = -tonumber(redis.call('ZSCORE', KEYS[1], 'head') or '1')
local version = tonumber(ARGV[1])
local more = (#ARGV - 2) / 2 > redis.call('ZCARD', KEYS[1]) - 1
if head > version or (head == version and not more) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], -version, 'head')
for i = 3, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`);

/** KEYS: window. ARGV: first and last seq. */
const PAGE = new Script(`
local head = redis.call('ZSCORE', KEYS[1], 'head')
if not head then return false end
return { -tonumber(head), redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE') }`);

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

  async page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined> {
    if (last - first >= WINDOW_LENGTH) return undefined;
    const found = await this.client
      .run((redis) => PAGE.run(redis, [windowKey(conversationId)], [first, last]))
      .catch(() => undefined);
    if (!Array.isArray(found)) return undefined;
    const [version, texts] = found;
    if (Number(version) !== head.lastVersion || !Array.isArray(texts)) return undefined;
    // Each seq is there once at most: as many as there should be are all of them.
    return texts.length === last - first + 1 ? texts.map(String) : undefined;
  }

  refill(conversationId: string, head: Head, messages: Message[]): void {
    const members = messages.flatMap((message) => [message.seq, JSON.stringify(message)]);
    void this.forgiving(
      this.client.run((redis) =>
        REFILL.run(redis, [windowKey(conversationId)], [head.lastVersion, this.ttlMs, ...members]),
      ),
    );
  }

  prune(conversationId: string, prunedSeq: number): Promise<boolean> {
    return this.forgiving(this.client.run((redis) => redis.zremrangebyscore(windowKey(conversationId), 1, prunedSeq)));
  }

  drop(conversationId: string): Promise<boolean> {
    return this.forgiving(this.client.run((redis) => redis.del(windowKey(conversationId))));
  }

  /** Nothing depends on the window: what it misses is read from PostgreSQL. */
  private async forgiving(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (!(error instanceof RedisAway)) this.logger.warn({ err: error }, "Redis refused a message for its window");
      return false;
    }
  }
}
