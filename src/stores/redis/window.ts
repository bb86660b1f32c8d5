import type { Logger } from "../../domain/logger.ts";
import type { Head, MessageWindow } from "../../domain/ports.ts";
import type { Message } from "../../protocol/messages.ts";
import { RedisAway, type RedisClient } from "./client.ts";
import { unsealMessage } from "./envelope.ts";
import { type channelsOf, plainWindowKey, windowKey } from "./keys.ts";
import { Script } from "./script.ts";
import { Signatures } from "./signature.ts";

/** Messages of a conversation that are kept at hand; more than a client's first pages. */
export const WINDOW_LENGTH = 200;

/** How long a window stays, and whether each new message makes it stay so much longer. */
export interface WindowLife {
  ttlMs: number;
  isRenewed: boolean;
}

/** Where messages are removed after a while, a lively conversation must not keep its old ones. */
export const windowLife = (ttlMs: number, retention: number | "forever"): WindowLife =>
  retention === "forever" ? { ttlMs, isRenewed: true } : { ttlMs: Math.min(ttlMs, retention), isRenewed: false };

/**
 * A Lua function that takes one change into its window, a sorted set of messages by seq. What the window is complete up
 * to stands in it too: the tag of that change, with its version below zero. A change that does not follow on drops the
 * window, and so does any that is not a new message: the others are signed as they were before it. Who reads the newest
 * page then opens it anew (REFILL). A conversation that nobody pages through costs nothing here.
 */
export const RECORD = `
local function record(key, version, tag, seq, text, renew, length)
  local known = redis.call('ZRANGE', key, '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
  if not known[1] then return end
  local head, v = -tonumber(known[2]), tonumber(version)
  -- Filled from the log already; else the log is not the one the window was made from (a restored backup, say).
  if v == head and known[1] == tag then return end
  if v ~= head + 1 or seq == '0' then
    redis.call('DEL', key)
    return
  end
  -- In this order: a key that is empty for a moment is another one, that never expires.
  redis.call('ZADD', key, -v, tag, seq, text)
  redis.call('ZREM', key, known[1])
  -- Not with each: a few above the length are no harm.
  if redis.call('ZCARD', key) > length + 16 then redis.call('ZREMRANGEBYRANK', key, 1, -1 - length) end
  if renew ~= '0' then redis.call('PEXPIRE', key, renew) end
end`;

/** Fills a window with what PostgreSQL has. KEYS: window. ARGV: version, tag, TTL in ms, then seq and member in turn. */
const REFILL = new Script(`
local known = redis.pcall('ZRANGE', KEYS[1], '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local version = tonumber(ARGV[1])
if known[1] then
  local head = -tonumber(known[2])
  local more = (#ARGV - 3) / 2 > redis.call('ZCARD', KEYS[1]) - 1
  if head > version or (head == version and known[1] == ARGV[2] and not more) then return 0 end
end
redis.call('DEL', KEYS[1])
redis.call('ZADD', KEYS[1], -version, ARGV[2])
for i = 4, #ARGV, 2 do redis.call('ZADD', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);

/** KEYS: window. ARGV: first and last seq, and up to where retention has removed. Nobody has written more than there can be. */
const PAGE = new Script(`
if ARGV[3] ~= '0' then redis.call('ZREMRANGEBYSCORE', KEYS[1], '(0', ARGV[3]) end
local known = redis.call('ZRANGE', KEYS[1], '-inf', 0, 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
if not known[1] then return false end
local most = ARGV[2] - ARGV[1] + 2
return { known[1], -tonumber(known[2]), redis.call('ZRANGE', KEYS[1], ARGV[1], ARGV[2], 'BYSCORE', 'LIMIT', 0, most) }`);

/** Lets a window recognise members that a node of this database has written. */
interface WindowTrust {
  signatures: Signatures;
  channels: ReturnType<typeof channelsOf>;
}

/**
 * The newest messages of each conversation, in a sorted set by seq. Dense is not fresh: a page counts only when the
 * window's head is the log's, so no edit is ever missed.
 *
 * Nor is what lies in Redis trusted. Each member is signed with its conversation, its epoch, its seq and its *drift*: by
 * how much the version was ahead of the seq when the message was so. Each change but a new message makes the drift one
 * larger, and nothing makes it smaller. So a member with the drift of the log's head is as the message is now: one from
 * before an edit, put back by somebody, is known by its drift.
 */
export class RedisWindow implements MessageWindow {
  constructor(
    private readonly client: RedisClient,
    private readonly trust: WindowTrust,
    private readonly life: WindowLife,
    private readonly logger: Logger,
  ) {}

  async page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined> {
    if (last - first >= WINDOW_LENGTH) return undefined;
    const found = await this.client
      .run((redis) => PAGE.run(redis, [windowKey(conversationId)], [first, last, head.prunedSeq]))
      .catch(() => undefined);
    if (!Array.isArray(found)) return undefined;
    const [tag, version, members] = found;
    if (tag !== tagOf(head) || version !== head.lastVersion || !Array.isArray(members)) return undefined;
    // Each seq is there once at most: as many as there should be are all of them.
    if (members.length !== last - first + 1) return undefined;
    const messages: string[] = [];
    for (const [i, member] of members.entries()) {
      const message = this.open(conversationId, head, first + i, String(member));
      if (message === undefined) {
        // Of another epoch, or not ours: the next reader fills it anew.
        await this.forgiving(this.client.run((redis) => redis.del(windowKey(conversationId))));
        return undefined;
      }
      messages.push(message);
    }
    return messages;
  }

  refill(conversationId: string, head: Head, messages: Message[]): void {
    const members = messages.flatMap((message) => {
      const text = JSON.stringify(message);
      return [message.seq, this.trust.signatures.sign(kept(conversationId, head, message.seq), text) + text];
    });
    const parameters = [head.lastVersion, tagOf(head), this.life.ttlMs, ...members];
    void this.forgiving(this.client.run((redis) => REFILL.run(redis, [windowKey(conversationId)], parameters)));
  }

  prune(conversationId: string, prunedSeq: number): Promise<boolean> {
    return this.forgiving(
      this.client.run((redis) =>
        Promise.all(keysOf(conversationId).map((key) => redis.zremrangebyscore(key, "(0", prunedSeq))),
      ),
    );
  }

  drop(conversationId: string): Promise<boolean> {
    return this.forgiving(this.client.run((redis) => redis.del(...keysOf(conversationId))));
  }

  /** The message that a member has, when it is this one of the conversation, as it is at this head. */
  private open(conversationId: string, head: Head, seq: number, member: string): string | undefined {
    const { signatures, channels } = this.trust;
    const brace = member.indexOf("{");
    // From a page that was read from the log; a message that was published has the node before its signature.
    if (brace === Signatures.LENGTH) {
      const text = member.slice(brace);
      return signatures.isRight(member.slice(0, brace), kept(conversationId, head, seq), text) ? text : undefined;
    }
    const found = unsealMessage(signatures, channels.conversation(conversationId), member);
    if (!found) return undefined;
    const { version, lastSeq, message, epoch } = found.header;
    const isIt = message?.seq === seq && message.isNew && version - lastSeq === driftOf(head) && epoch === head.epoch;
    return isIt ? found.message : undefined;
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

const keysOf = (conversationId: string) => [windowKey(conversationId), plainWindowKey(conversationId)];

const driftOf = (head: Head) => head.lastVersion - head.lastSeq;

/** Of an empty conversation there is none. */
const tagOf = (head: Head) => head.tag ?? "";

/** The context of the signature of a message that was read from the log. */
const kept = (conversationId: string, head: Head, seq: number) =>
  `${windowKey(conversationId)} ${head.epoch} ${driftOf(head)} ${seq}`;
