import { encode } from "../../../protocol/frames.ts";
import type { Actor } from "../../base/actor.ts";
import type { Bus, EphemeralEvent } from "../../bus/bus.ts";
import { QUIET_ABOVE } from "../messages/service.ts";

/** Typing expires by itself after 6 s. A repeat within 3 s is not forwarded (docs/contract.md §7). */
const EXPIRES_MS = 6_000;
const REPEAT_MS = 3_000;

/** The beginning and the two endings of a typing frame. */
const TYPING = '{"type":"typing",';
const STOPPED = '"is_typing":false}';
const STARTED = '"is_typing":true}';

interface Entry {
  /** The user's sockets that type in the conversation, each with the timer that ends it. */
  sources: Map<Source, ReturnType<typeof setTimeout>>;
  forwardedAt: number;
}

/** A socket. A closed socket goes on typing until its timer ends it, or until another socket of the user stops. */
interface Source {
  readonly isClosed: boolean;
}

/** Tracks who is typing where, on the sockets of this node. A user stops when the last of their typing sockets stops. */
export class Typing {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly bus: Bus) {}

  /** @param source the socket that sent the frame */
  set(conversationId: string, actor: Actor, source: Source, isTyping: boolean, participantCount: number): void {
    if (participantCount > QUIET_ABOVE) return;
    const key = keyOf(conversationId, actor.userId);
    const entry = this.entries.get(key) ?? { sources: new Map(), forwardedAt: Number.NEGATIVE_INFINITY };
    this.entries.set(key, entry);
    const wasTyping = entry.sources.size > 0;
    clearTimeout(entry.sources.get(source));
    if (isTyping)
      entry.sources.set(
        source,
        setTimeout(() => this.left(conversationId, actor, source), EXPIRES_MS),
      );
    else this.drop(entry, (other) => other === source || other.isClosed);
    const types = entry.sources.size > 0;
    const isRepeated = types === wasTyping && performance.now() - entry.forwardedAt < REPEAT_MS;
    // A socket that never typed must not end the typing of another one.
    if (!isRepeated && types === isTyping) this.forward(conversationId, actor, entry, isTyping);
    if (!types) setTimeout(() => this.forget(key, entry), REPEAT_MS).unref();
  }

  /** Ends the typing of this socket in the conversation. */
  left(conversationId: string, actor: Actor, source: Source): void {
    const entry = this.entries.get(keyOf(conversationId, actor.userId));
    if (!entry?.sources.has(source)) return;
    this.drop(entry, (other) => other === source);
    if (entry.sources.size > 0) return;
    this.forward(conversationId, actor, entry, false);
    this.forget(keyOf(conversationId, actor.userId), entry);
  }

  /** Ends the user's typing when their last socket in the conversation has closed. */
  allLeft(conversationId: string, actor: Actor): void {
    const entry = this.entries.get(keyOf(conversationId, actor.userId));
    for (const source of [...(entry?.sources.keys() ?? [])]) this.left(conversationId, actor, source);
  }

  /**
   * Handles the announcement of another node that a user has stopped. If they still type on this node, announces that.
   */
  correct({ conversationId, fromUserId, frame }: EphemeralEvent): void {
    const entry = this.entries.get(keyOf(conversationId, fromUserId));
    if (!entry || entry.sources.size === 0 || !frame.startsWith(TYPING) || !frame.endsWith(STOPPED)) return;
    entry.forwardedAt = performance.now();
    this.publish(conversationId, fromUserId, frame.slice(0, -STOPPED.length) + STARTED);
  }

  close(): void {
    for (const { sources } of this.entries.values()) for (const timer of sources.values()) clearTimeout(timer);
    this.entries.clear();
  }

  private drop({ sources }: Entry, isGone: (source: Source) => boolean) {
    for (const [source, timer] of sources) {
      if (!isGone(source)) continue;
      clearTimeout(timer);
      sources.delete(source);
    }
  }

  private forget(key: string, entry: Entry) {
    if (entry.sources.size === 0 && this.entries.get(key) === entry) this.entries.delete(key);
  }

  private forward(conversationId: string, actor: Actor, entry: Entry, is_typing: boolean) {
    const { userId: user_id, fullName: user_name } = actor;
    entry.forwardedAt = performance.now();
    const frame = encode({ type: "typing", conversation_id: conversationId, user_id, user_name, is_typing });
    this.publish(conversationId, user_id, frame);
  }

  private publish(conversationId: string, fromUserId: number, frame: string) {
    this.bus.publish({ kind: "ephemeral", conversationId, fromUserId, frame });
  }
}

const keyOf = (conversationId: string, userId: number) => `${conversationId} ${userId}`;
