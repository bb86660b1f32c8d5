import { LRUCache } from "lru-cache";
import { encode } from "../../protocol/frames.ts";
import type { Memberships } from "../log/memberships.ts";

import type { ClientSocket } from "./socket.ts";

/** Sends one frame to all sockets that joined a topic: Bun's native publish. */
export type Publish = (topic: string, frame: string) => void;

/** The most users whose conversations one statement reads. */
const USERS_AT_ONCE = 200;
/**
 * Removals are remembered this long, in ms. An older joining may arrive that late, on a socket that opened meanwhile.
 */
const REMOVALS = { max: 10_000, ttl: 60_000 };

/** A version before all others. */
const NOTHING = -1;

const activityTopic = (conversationId: string) => `a:${conversationId}`;
const removalKey = (userId: number, conversationId: string) => `${userId} ${conversationId}`;

/** Whether a socket's user is in a conversation. `version` belongs to the change that says so, or to the list. */
interface Part {
  readonly version: number;
  readonly isIn: boolean;
}

/** One `/ws/` socket. */
interface Watcher {
  readonly socket: ClientSocket;
  /**
   * The conversations that the socket watches, and those that its user has left since `begin`, so that a late joining
   * does not count.
   */
  readonly parts: Map<string, Part>;
  /** Whether the list of conversations was read. Until then parts are only noted. */
  isLoaded: boolean;
}

/** The hub, as far as watching uses it. */
export interface WatchingNeeds {
  publish: Publish;
  /** Brings the conversation's changes to this node, until `unfollow` was called as often as `follow`. */
  follow(conversationId: string): void;
  unfollow(conversationId: string): void;
}

/**
 * The conversations that the `/ws/` sockets of this node watch. Each socket gets the activity in all conversations of
 * its user, except those that it subscribes to, which send more. Joinings and removals come from several places and in
 * any order. For each socket and conversation the one with the highest version counts.
 */
export class Watching {
  private readonly users = new Map<number, Map<ClientSocket, Watcher>>();
  /** By conversation: how many sockets watch it, and the newest version that was sent to them. */
  private readonly watched = new Map<string, { sockets: number; sent: number }>();

  /** The newest removals: their versions by user and conversation, for sockets that open later. */
  private readonly removals = new LRUCache<string, number>(REMOVALS);

  /** Conversations that were removed. A joining that comes late does not count. */
  private readonly gone = new LRUCache<string, true>(REMOVALS);

  constructor(private readonly needs: WatchingNeeds) {}

  // Sockets

  /** Notes joinings and removals of its user from now on. MUST be called before the user's list is read for `load`. */
  begin(socket: ClientSocket): void {
    const { userId } = socket.actor;
    const watcher = { socket, parts: new Map<string, Part>(), isLoaded: false };
    const watchers = this.users.get(userId);
    if (watchers) watchers.set(socket, watcher);
    else this.users.set(userId, new Map([[socket, watcher]]));
  }

  /** The socket watches the conversations of this list. Newer joinings and removals count more than the list. */
  load(socket: ClientSocket, own: { id: string; lastVersion: number }[]): void {
    const watcher = this.find(socket);
    if (!watcher) return;
    for (const { id, lastVersion } of own) this.applyPart(watcher, id, true, lastVersion);
    watcher.isLoaded = true;
    for (const [conversationId, { isIn, version }] of watcher.parts)
      if (isIn) this.watch(socket, conversationId, version);
  }

  /** MUST be called for every socket that began, when it has closed. For other sockets it does nothing. */
  end(socket: ClientSocket): void {
    const watcher = this.find(socket);
    if (!watcher) return;
    const { userId } = socket.actor;
    const watchers = this.users.get(userId);
    watchers?.delete(socket);
    if (watchers?.size === 0) this.users.delete(userId);
    if (watcher.isLoaded)
      for (const [conversationId, { isIn }] of watcher.parts) if (isIn) this.unwatch(socket, conversationId);
    watcher.parts.clear();
    watcher.isLoaded = false;
  }

  isWatching(socket: ClientSocket, conversationId: string): boolean {
    const watcher = this.find(socket);
    return watcher?.isLoaded === true && watcher.parts.get(conversationId)?.isIn === true;
  }

  /** Whether the socket watches at least one of these conversations. */
  isWatchingAny(socket: ClientSocket, conversationIds: ReadonlySet<string>): boolean {
    const watcher = this.find(socket);
    if (!watcher?.isLoaded) return false;
    // The shorter of the two is searched.
    if (watcher.parts.size <= conversationIds.size) {
      for (const [id, { isIn }] of watcher.parts) if (isIn && conversationIds.has(id)) return true;
    } else for (const id of conversationIds) if (watcher.parts.get(id)?.isIn) return true;
    return false;
  }

  /**
   * Switches the activity of a conversation on or off for a socket. It is off while the socket is subscribed to the
   * conversation.
   */
  setActivity(socket: ClientSocket, conversationId: string, on: boolean): void {
    if (!this.isWatching(socket, conversationId)) return;
    if (on) socket.joinTopic(activityTopic(conversationId));
    else socket.leaveTopic(activityTopic(conversationId));
  }

  // Events

  /** The user joined with this version of the conversation. */
  joined(userId: number, conversationId: string, version: number): void {
    for (const watcher of this.watchersOf(userId)) this.applyPart(watcher, conversationId, true, version);
  }

  /** The user left with this version of the conversation. */
  left(userId: number, conversationId: string, version: number): void {
    const key = removalKey(userId, conversationId);
    this.removals.set(key, Math.max(version, this.removals.get(key) ?? 0));
    for (const watcher of this.watchersOf(userId)) this.applyPart(watcher, conversationId, false, version);
  }

  /** The conversation is gone. Returns the users whose sockets watched it. */
  removed(conversationId: string): number[] {
    this.gone.set(conversationId, true);
    const userIds = new Set<number>();
    for (const [userId, watchers] of this.users)
      for (const watcher of watchers.values()) {
        const part = watcher.parts.get(conversationId);
        if (!part?.isIn) continue;
        userIds.add(userId);
        watcher.parts.set(conversationId, { version: part.version, isIn: false });
        if (watcher.isLoaded) this.endWatch(watcher.socket, conversationId);
      }
    return [...userIds];
  }

  /** Sends activity once for each version. An older version that comes late is not sent. */
  moved(conversation_id: string, last_version: number, last_seq: number): void {
    const watched = this.watched.get(conversation_id);
    if (!watched || last_version <= watched.sent) return;
    watched.sent = last_version;
    const frame = encode({ type: "activity", conversation_id, last_seq, last_version });
    this.needs.publish(activityTopic(conversation_id), frame);
  }

  /** Retention has removed messages up to `pruned_seq`. */
  pruned(conversation_id: string, pruned_seq: number): void {
    if (!this.watched.has(conversation_id)) return;
    this.needs.publish(activityTopic(conversation_id), encode({ type: "pruned", conversation_id, pruned_seq }));
  }

  /**
   * Reads all lists again. The database may have gone back in time, so the versions known so far count for nothing.
   * Joinings and removals that come while the lists are read are newer.
   */
  async restart(ofUsers: Memberships["ofUsers"]): Promise<void> {
    this.removals.clear();
    this.gone.clear();
    for (const watched of this.watched.values()) watched.sent = NOTHING;
    for (const watchers of this.users.values())
      for (const { parts } of watchers.values())
        for (const [conversationId, { isIn }] of parts) parts.set(conversationId, { version: NOTHING, isIn });
    await this.heal(ofUsers);
  }

  /** Reads all lists again, because joinings and removals may have been missed. */
  async heal(ofUsers: Memberships["ofUsers"]): Promise<void> {
    const users = [...this.users.keys()];
    for (let i = 0; i < users.length; i += USERS_AT_ONCE) {
      const chunk = users.slice(i, i + USERS_AT_ONCE);
      const watchers = chunk.flatMap((userId) => this.watchersOf(userId)).filter(({ isLoaded }) => isLoaded);
      const before = watchers.map((watcher) => ({ watcher, parts: new Map(watcher.parts) }));
      const own = new Map(chunk.map((userId) => [userId, new Map<string, { lastVersion: number; lastSeq: number }>()]));
      for (const row of await ofUsers(chunk)) own.get(row.userId)?.set(row.id, row);
      for (const { watcher, parts } of before) {
        const now = own.get(watcher.socket.actor.userId) ?? new Map();
        this.dropMissing(watcher, parts, now);
        for (const [conversation_id, { lastVersion: last_version, lastSeq: last_seq }] of now)
          if (this.applyPart(watcher, conversation_id, true, last_version))
            // From this frame the client learns of a conversation that it does not know.
            watcher.socket.send(encode({ type: "activity", conversation_id, last_seq, last_version }));
      }
    }
  }

  /** @param before the parts before `own` was read. Parts that changed since may be newer than that list. */
  private dropMissing(watcher: Watcher, before: Map<string, Part>, own: Map<string, unknown>) {
    for (const [conversationId, part] of before) {
      if (!part.isIn || own.has(conversationId) || watcher.parts.get(conversationId) !== part) continue;
      watcher.parts.set(conversationId, { version: part.version, isIn: false });
      this.endWatch(watcher.socket, conversationId);
    }
  }

  /** Applies a part if it is newer than the known one. Returns whether the socket now watches more or less. */
  private applyPart(watcher: Watcher, conversationId: string, isIn: boolean, version: number): boolean {
    const before = watcher.parts.get(conversationId);
    if (before && version <= before.version) return false;
    if (isIn && this.gone.has(conversationId)) return false;
    if (isIn && version <= (this.removals.get(removalKey(watcher.socket.actor.userId, conversationId)) ?? -1))
      return false;
    watcher.parts.set(conversationId, { version, isIn });
    if (!watcher.isLoaded || isIn === (before?.isIn ?? false)) return false;
    if (isIn) this.watch(watcher.socket, conversationId, version);
    else this.endWatch(watcher.socket, conversationId);
    return true;
  }

  private watch(socket: ClientSocket, conversationId: string, version: number) {
    const watched = this.watched.get(conversationId);
    if (watched) watched.sockets++;
    else this.watched.set(conversationId, { sockets: 1, sent: version });
    this.needs.follow(conversationId);
    if (!socket.subscriptions.has(conversationId)) socket.joinTopic(activityTopic(conversationId));
  }

  private unwatch(socket: ClientSocket, conversationId: string) {
    socket.leaveTopic(activityTopic(conversationId));
    const watched = this.watched.get(conversationId);
    if (watched && --watched.sockets === 0) this.watched.delete(conversationId);
    this.needs.unfollow(conversationId);
  }

  private endWatch(socket: ClientSocket, conversationId: string) {
    this.unwatch(socket, conversationId);
    // A subscribed socket gets the removal from its room, in the order of the log.
    if (!socket.subscriptions.has(conversationId)) socket.sendRemoved(conversationId);
  }

  private watchersOf(userId: number): Watcher[] {
    return [...(this.users.get(userId)?.values() ?? [])];
  }

  private find(socket: ClientSocket): Watcher | undefined {
    return this.users.get(socket.actor.userId)?.get(socket);
  }
}
