import { LRUCache } from "lru-cache";
import { encode } from "../../protocol/frames.ts";
import type { Memberships, Own, OwnList } from "../log/memberships.ts";
import type { ClientSocket } from "./socket.ts";
import { NOTHING, type Publish, WatchedConversations } from "./watched.ts";
import { type Part, type Parts, type Watcher, Watchers } from "./watcher.ts";

/** The most users whose conversations one statement reads. */
const USERS_AT_ONCE = 200;
/**
 * Removals are remembered this long, in ms. An older joining may arrive that late, on a socket that opened meanwhile.
 */
const REMOVALS = { max: 10_000, ttl: 60_000 };
/**
 * A list of conversations is kept this long, in ms, when its last socket has gone. Joinings and removals keep it right
 * meanwhile.
 */
const LIST_STAYS_MS = 30_000;

const removalKey = (userId: number, conversationId: string) => `${userId} ${conversationId}`;

/** Threads come after the conversations that they belong to. */
const parentsFirst = (own: Iterable<Own>) =>
  [...own].sort((a, b) => Number(a.parentId !== null) - Number(b.parentId !== null));

/** The hub, as far as watching uses it. */
export interface WatchingNeeds {
  publish: Publish;
  /** Brings the changes of these conversations to this node, a little later, until `unfollow` was called for them. */
  follow(conversationIds: readonly string[]): void;
  /** The same for a conversation whose next changes may come earlier. They are looked for afterwards. */
  followAndLook(conversationId: string): void;
  unfollow(conversationIds: readonly string[]): void;
}

/**
 * The conversations that the `/ws/` sockets of this node watch. Each socket gets the activity in all conversations of
 * its user, except those that it subscribes to, which send more. Joinings and removals come from several places and in
 * any order. For each user and conversation the one with the highest version counts.
 *
 * A socket that has asked for threads also watches those that its user follows, in the conversations that it watches.
 */
export class Watching {
  private readonly watchers: Watchers;
  private readonly watched: WatchedConversations;

  /** The newest removals: their versions by user and conversation, for sockets that open later. */
  private readonly removals = new LRUCache<string, number>(REMOVALS);

  /** Conversations that were removed. A joining that comes late does not count. */
  private readonly gone = new LRUCache<string, true>(REMOVALS);

  constructor(
    private readonly needs: WatchingNeeds,
    listStaysMs = LIST_STAYS_MS,
  ) {
    this.watched = new WatchedConversations(needs.publish);
    this.watchers = new Watchers(listStaysMs, (watcher) => this.forget(watcher));
  }

  // Sockets

  /** Notes joinings and removals of its user from now on. MUST be called before the user's list is read for `learn`. */
  begin(socket: ClientSocket): void {
    const { opening, parts, revision } = this.watchers.claim(socket);
    opening.set(socket, { parts: new Map(parts), revision });
  }

  /** The digest of the list that is known here of the socket's user. */
  digestFor(socket: ClientSocket): string | undefined {
    const watcher = this.watchers.find(socket);
    return watcher?.digest?.revision === watcher?.revision ? watcher?.digest?.text : undefined;
  }

  /** Follows the conversations of the user's list. Newer joinings and removals count more than the list. */
  learn(socket: ClientSocket, { digest, own }: OwnList): void {
    const watcher = this.watchers.find(socket);
    const before = watcher?.opening.get(socket);
    if (!watcher || !before || !own) return;
    const isWhole = watcher.revision === before.revision;
    if (watcher.isLoaded) this.merge(watcher, before.parts, own);
    else this.fill(watcher, own);
    watcher.digest = isWhole ? { text: digest, revision: watcher.revision } : undefined;
  }

  /** The socket watches the conversations of its user from now on. MUST be called after `learn`. */
  start(socket: ClientSocket): void {
    const watcher = this.watchers.find(socket);
    if (!watcher?.opening.delete(socket)) return;
    watcher.sockets.add(socket);
    for (const [conversationId, { isIn }] of watcher.parts)
      if (isIn) this.watched.setActivity(socket, conversationId, !socket.subscriptions.has(conversationId));
  }

  /** MUST be called for every socket that began, when it has closed. For other sockets it does nothing. */
  end(socket: ClientSocket): void {
    const watcher = this.watchers.find(socket);
    if (!watcher) return;
    watcher.opening.delete(socket);
    // Bun has taken a closed socket from its topics already.
    if (watcher.sockets.delete(socket) && !socket.isClosed)
      for (const conversationId of watcher.parts.keys()) this.watched.setActivity(socket, conversationId, false);
    this.watchers.release(watcher);
  }

  isWatching(socket: ClientSocket, conversationId: string): boolean {
    const watcher = this.watchers.find(socket);
    return watcher?.sockets.has(socket) === true && watcher.parts.get(conversationId)?.isIn === true;
  }

  /** Whether the socket watches at least one of these conversations. */
  isWatchingAny(socket: ClientSocket, conversationIds: ReadonlySet<string>): boolean {
    const watcher = this.watchers.find(socket);
    if (!watcher?.sockets.has(socket)) return false;
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
    if (this.isWatching(socket, conversationId)) this.watched.setActivity(socket, conversationId, on);
  }

  // Events

  /**
   * The user joined with this version of the conversation.
   * @param parentId the conversation of a thread, which the user follows since then
   */
  joined(userId: number, conversationId: string, version: number, parentId: string | null = null): void {
    for (const watcher of this.watchers.of(userId))
      this.applyPart(watcher, conversationId, { isIn: true, version, parentId });
  }

  /** The user themselves has begun or ended to follow a thread. Nothing that happens in the thread undoes that. */
  setFollowing(userId: number, threadId: string, parentId: string, isIn: boolean): void {
    for (const watcher of this.watchers.of(userId)) {
      const part = watcher.parts.get(threadId);
      if (part) watcher.parts.set(threadId, { ...part, version: NOTHING });
      this.applyPart(watcher, threadId, { isIn, version: 0, parentId });
      const now = watcher.parts.get(threadId);
      if (now) watcher.parts.set(threadId, { ...now, version: Number.MAX_SAFE_INTEGER });
    }
  }

  /** The user left with this version of the conversation. */
  left(userId: number, conversationId: string, version: number): void {
    const key = removalKey(userId, conversationId);
    this.removals.set(key, Math.max(version, this.removals.get(key) ?? 0));
    for (const watcher of this.watchers.of(userId)) {
      this.applyPart(watcher, conversationId, { isIn: false, version, parentId: null });
      this.dropThreads(watcher, conversationId);
    }
  }

  /** Threads end with the membership of their conversation, unless the user is back there already. */
  private dropThreads(watcher: Watcher, parentId: string) {
    if (!watcher.acceptsThreads || watcher.parts.get(parentId)?.isIn) return;
    for (const [threadId, part] of watcher.parts) {
      if (part.parentId !== parentId) continue;
      this.endPart(watcher, threadId, part);
      watcher.parts.delete(threadId);
    }
  }

  private endPart(watcher: Watcher, conversationId: string, part: Part) {
    if (!part.isIn) return;
    watcher.parts.set(conversationId, { ...part, isIn: false });
    watcher.revision++;
    if (watcher.isLoaded) this.endWatch(watcher, conversationId, part);
  }

  /** The conversation is gone. Returns the users whose sockets watched it. */
  removed(conversationId: string): number[] {
    this.gone.set(conversationId, true);
    const userIds = new Set<number>();
    for (const watcher of this.watchers.all()) {
      const part = watcher.parts.get(conversationId);
      if (!part?.isIn) continue;
      userIds.add(watcher.userId);
      this.endPart(watcher, conversationId, part);
      this.dropThreads(watcher, conversationId);
    }
    return [...userIds];
  }

  /** @see WatchedConversations.moved */
  moved(conversationId: string, version: number, lastSeq: number, scopeSeq?: number): void {
    this.watched.moved(conversationId, version, lastSeq, scopeSeq);
  }

  /** @see WatchedConversations.pruned */
  pruned(conversationId: string, prunedSeq: number): void {
    this.watched.pruned(conversationId, prunedSeq);
  }

  /**
   * Reads all lists again. The database may have gone back in time, so the versions known so far count for nothing.
   * Joinings and removals that come while the lists are read are newer.
   */
  async restart(ofUsers: Memberships["ofUsers"]): Promise<void> {
    this.removals.clear();
    this.gone.clear();
    this.watched.restart();
    for (const watcher of this.watchers.all()) {
      const { parts, opening } = watcher;
      for (const [conversationId, part] of parts) parts.set(conversationId, { ...part, version: NOTHING });
      watcher.digest = undefined;
      for (const before of opening.values()) before.parts = new Map(parts);
    }
    await this.heal(ofUsers);
  }

  /** Reads all lists again, because joinings and removals may have been missed. */
  async heal(ofUsers: Memberships["ofUsers"]): Promise<void> {
    const users = this.watchers.userIds;
    for (let i = 0; i < users.length; i += USERS_AT_ONCE) {
      const chunk = users.slice(i, i + USERS_AT_ONCE);
      const watchers = chunk.flatMap((userId) => this.watchers.of(userId)).filter(({ isLoaded }) => isLoaded);
      const before = watchers.map((watcher) => ({ watcher, parts: new Map(watcher.parts) }));
      const now = new Map(chunk.map((userId): [number, Own[]] => [userId, []]));
      for (const row of await ofUsers(chunk)) now.get(row.userId)?.push(row);
      for (const { watcher, parts } of before) this.merge(watcher, parts, now.get(watcher.userId) ?? []);
    }
  }

  // Watchers

  /** The first list of a watcher. */
  private fill(watcher: Watcher, own: Own[]) {
    for (const { id, lastVersion, parentId } of parentsFirst(own))
      this.applyPart(watcher, id, { isIn: true, version: lastVersion, parentId });
    watcher.isLoaded = true;
    const first: string[] = [];
    for (const [conversationId, { isIn, version }] of watcher.parts)
      if (isIn && this.watched.add(watcher, conversationId, version)) first.push(conversationId);
    if (first.length > 0) this.needs.follow(first);
  }

  /**
   * A later list.
   * @param before the parts before `own` was read. Parts that changed since may be newer than that list.
   */
  private merge(watcher: Watcher, before: Parts, own: Own[]) {
    // No socket has used it since the list was asked for.
    if (!watcher.isLoaded) return;
    const now = new Set(own.map(({ id }) => id));
    for (const [conversationId, part] of before)
      if (part.isIn && !now.has(conversationId) && watcher.parts.get(conversationId) === part)
        this.endPart(watcher, conversationId, part);
    for (const { id: conversation_id, lastVersion: last_version, lastSeq: last_seq, parentId } of parentsFirst(own))
      if (this.applyPart(watcher, conversation_id, { isIn: true, version: last_version, parentId })) {
        // From this frame the client learns of a conversation that it does not know.
        const frame = encode({ type: "activity", conversation_id, last_seq, last_version });
        for (const socket of watcher.sockets) socket.send(frame);
      }
  }

  /** Applies a part if it is newer than the known one. Returns whether the watcher now watches more or less. */
  private applyPart(watcher: Watcher, conversationId: string, part: Part): boolean {
    const { isIn, version, parentId } = part;
    const before = watcher.parts.get(conversationId);
    if (before && version <= before.version) return false;
    if (isIn && parentId !== null && !mayWatchThread(watcher, parentId)) return false;
    if (isIn && this.gone.has(conversationId)) return false;
    if (isIn && version <= (this.removals.get(removalKey(watcher.userId, conversationId)) ?? -1)) return false;
    watcher.parts.set(conversationId, part);
    if (isIn === (before?.isIn ?? false)) return false;
    watcher.revision++;
    if (!watcher.isLoaded) return false;
    if (!isIn) this.endWatch(watcher, conversationId, part);
    else if (this.watched.add(watcher, conversationId, version)) this.needs.followAndLook(conversationId);
    return true;
  }

  private endWatch(watcher: Watcher, conversationId: string, { parentId }: Part) {
    if (this.watched.remove(watcher, conversationId)) this.needs.unfollow([conversationId]);
    // A subscribed socket gets the removal from its room, in the order of the log. A thread ends with its conversation, and
    // people who no longer follow it can still read it.
    if (parentId !== null) return;
    for (const socket of watcher.sockets)
      if (!socket.subscriptions.has(conversationId)) socket.sendRemoved(conversationId);
  }

  private forget(watcher: Watcher) {
    const last: string[] = [];
    if (watcher.isLoaded)
      for (const [conversationId, { isIn }] of watcher.parts)
        if (isIn && this.watched.remove(watcher, conversationId)) last.push(conversationId);
    if (last.length > 0) this.needs.unfollow(last);
    watcher.parts.clear();
    watcher.isLoaded = false;
  }
}

/** A list that is still to be read has the thread too, if the user is in its conversation. */
const mayWatchThread = ({ acceptsThreads, parts }: Watcher, parentId: string): boolean =>
  acceptsThreads && parts.get(parentId)?.isIn === true;
