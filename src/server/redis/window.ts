import type { Message } from "../../protocol/messages.ts";
import type { Logger } from "../base/logger.ts";
import type { Head } from "../log/head.ts";
import type { MessageWindow } from "../log/window.ts";
import { RedisAway, type RedisClient } from "./client.ts";
import { unsealMessage } from "./envelope.ts";
import { type channelsOf, plainWindowKey, windowKey } from "./keys.ts";
import readWindow from "./read-window.lua" with { type: "text" };
import refillWindow from "./refill-window.lua" with { type: "text" };
import { Script } from "./script.ts";
import { Signatures } from "./signature.ts";

/** How many messages a window holds: more than the first pages that a client loads. */
export const WINDOW_LENGTH = 200;

/** When a window expires, and whether each new message starts that time again. */
export interface WindowLife {
  ttlMs: number;
  isRenewed: boolean;
}

/** With retention, a new message does not renew the window: a busy window would hold messages that must be gone. */
export const windowLife = (ttlMs: number, retention: number | "forever"): WindowLife =>
  retention === "forever" ? { ttlMs, isRenewed: true } : { ttlMs: Math.min(ttlMs, retention), isRenewed: false };

const REFILL = new Script(refillWindow);
const PAGE = new Script(readWindow);

/** The means by which a window recognises members that a node of this database has written. */
interface WindowTrust {
  signatures: Signatures;
  channels: ReturnType<typeof channelsOf>;
}

/** The changes on their way into the windows. */
interface WindowRecords {
  /** The conversation has a window. */
  noteWindow(conversationId: string): void;
  flush(): void;
}

/**
 * The newest messages of each conversation, in a sorted set by seq. A page without holes can still be old, so it is
 * served only if the window's head is the head of the log. No edit is missed.
 *
 * Redis is not trusted. Each member is signed with its conversation, epoch, seq and *drift*: the version minus the seq
 * of the conversation at that time. Every change except a new message makes the drift larger by one, and nothing makes
 * it smaller. A member with the drift of the log's head is therefore the message as it is now. If somebody puts back a
 * member from before an edit, its drift exposes it.
 */
export class RedisWindow implements MessageWindow {
  constructor(
    private readonly client: RedisClient,
    private readonly trust: WindowTrust,
    private readonly life: WindowLife,
    private readonly records: WindowRecords,
    private readonly logger: Logger,
  ) {}

  async page(conversationId: string, head: Head, first: number, last: number): Promise<string[] | undefined> {
    if (last - first >= WINDOW_LENGTH) return undefined;
    this.records.flush();
    const found = await this.client
      .run((redis) => PAGE.run(redis, [windowKey(conversationId)], [first, last, head.prunedSeq]))
      .catch(() => undefined);
    if (!Array.isArray(found)) return undefined;
    this.records.noteWindow(conversationId);
    const [tag, version, members] = found;
    if (tag !== tagOf(head) || version !== head.lastVersion || !Array.isArray(members)) return undefined;
    // Each seq is at most once in the window, so the right number of members means that none is missing.
    if (members.length !== last - first + 1) return undefined;
    const messages: string[] = [];
    for (const [i, member] of members.entries()) {
      const message = this.open(conversationId, head, first + i, String(member));
      if (message === undefined) {
        // The window is from another epoch, or no node wrote it. It is deleted, and the next reader fills it again.
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
    this.records.flush();
    this.records.noteWindow(conversationId);
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

  /** The message in a member. `undefined` unless it is the message with this seq, in its state at this head. */
  private open(conversationId: string, head: Head, seq: number, member: string): string | undefined {
    const { signatures, channels } = this.trust;
    const brace = member.indexOf("{");
    // A member from refill-window.lua begins with its signature. One from record-change.lua was published: its node
    // stands before that.
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

  /** Resolves to whether it worked. A failure is only logged: PostgreSQL has what the window lacks. */
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

/** Empty for a conversation without changes, which has no tag. */
const tagOf = (head: Head) => head.tag ?? "";

/** The parts that the signature of a member from refill-window.lua covers beside the message itself. */
const kept = (conversationId: string, head: Head, seq: number) =>
  `${windowKey(conversationId)} ${head.epoch} ${driftOf(head)} ${seq}`;
