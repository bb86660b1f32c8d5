import { encode } from "../protocol/frames.ts";
import type { Bus } from "./bus.ts";
import { type Actor, QUIET_ABOVE } from "./messages.ts";

/** CONTRACT §7: expires by itself after 6 s; repeated within 3 s it is not forwarded. */
const EXPIRES_MS = 6_000;
const REPEAT_MS = 3_000;

interface Entry {
  isTyping: boolean;
  forwardedAt: number;
  timer: ReturnType<typeof setTimeout>;
}

/** Who is typing where, as said by the sockets of this node. */
export class Typing {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly bus: Bus) {}

  set(conversationId: string, actor: Actor, isTyping: boolean, participantCount: number): void {
    if (participantCount > QUIET_ABOVE) return;
    const key = `${conversationId} ${actor.userId}`;
    const entry = this.entries.get(key);
    const now = performance.now();
    if (entry?.isTyping === isTyping && now - entry.forwardedAt < REPEAT_MS) {
      if (isTyping) entry.timer.refresh();
      return;
    }
    if (entry) clearTimeout(entry.timer);
    const timer = setTimeout(() => this.expire(key, conversationId, actor), EXPIRES_MS);
    this.entries.set(key, { isTyping, forwardedAt: now, timer });
    this.forward(conversationId, actor, isTyping);
  }

  /** The user's last socket in the conversation is gone. */
  left(conversationId: string, actor: Actor): void {
    const key = `${conversationId} ${actor.userId}`;
    const entry = this.entries.get(key);
    if (!entry) return;
    clearTimeout(entry.timer);
    this.expire(key, conversationId, actor);
  }

  close(): void {
    for (const entry of this.entries.values()) clearTimeout(entry.timer);
    this.entries.clear();
  }

  private expire(key: string, conversationId: string, actor: Actor) {
    const wasTyping = this.entries.get(key)?.isTyping;
    this.entries.delete(key);
    if (wasTyping) this.forward(conversationId, actor, false);
  }

  private forward(conversationId: string, actor: Actor, is_typing: boolean) {
    const { userId: user_id, fullName: user_name } = actor;
    this.bus.publish({
      kind: "ephemeral",
      conversationId,
      fromUserId: user_id,
      frame: encode({ type: "typing", conversation_id: conversationId, user_id, user_name, is_typing }),
    });
  }
}
