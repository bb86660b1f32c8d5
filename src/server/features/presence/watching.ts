import { encode } from "../../../protocol/frames.ts";
import { USER_WATCHED_MAX, WATCHED_MAX } from "../../../protocol/presence.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { PresenceEvent } from "../../bus/bus.ts";
import type { Presence } from "./service.ts";
import { type Watch, type WatchingSocket, WatchList } from "./watch-list.ts";
import { WatchedStates } from "./watched-states.ts";

/**
 * Doubts that come within this time are resolved by one statement. One removal from a large conversation raises
 * hundreds.
 */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
/** While events may be missing, all states and watches are checked again, this often at most. */
const HEAL_EVERY_MS = 10_000;
/** The most people, and the most watchers, of one statement, which searches the conversations of all of them. */
const PEOPLE_AT_ONCE = 1_000;
const WATCHERS_AT_ONCE = 100;

/** By user, the people whom they watch. */
type Pairs = Map<number, Set<number>>;

/**
 * The watches of this node's sockets: a socket gets the state of a person and its changes, as long as its user may know
 * that person. Whether they may is asked when the watch begins, and again whenever one of the two leaves a
 * conversation.
 */
export class PresenceWatching {
  private readonly watches = new WatchList();
  private readonly states: WatchedStates;
  /** The last question of each user who is asking. */
  private readonly turns = new Map<number, Promise<void>>();
  /** The watches whose right must be checked again. */
  private doubted: Pairs = new Map();
  private questions = 0;
  private healedAt = Number.NEGATIVE_INFINITY;
  private isHealing = false;
  private healTimer: ReturnType<typeof setTimeout> | undefined;
  private recheckTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly presence: Presence,
    private readonly logger: Logger,
  ) {
    this.states = new WatchedStates(presence, this.watches);
    presence.onRestored(() => void this.healNow());
  }

  // Sockets

  /**
   * Sends the state of each of these people now, and from then on its changes. If the socket's user may not know a
   * person, the answer is the same as for somebody who was never online, and no changes follow.
   * @throws Failure when they are too many in all, or the database can't be asked
   */
  async watch(socket: WatchingSocket, userIds: number[], ref: string | undefined): Promise<void> {
    // An entry for a socket that has ended already would stay for ever.
    if (socket.isClosed) return;
    const { userId } = socket.actor;
    const before = this.watches.by(socket);
    const added = userIds.filter((id) => !before.has(id));
    if (before.size + added.length > WATCHED_MAX) throw new Failure("too_many_watched");
    if (this.watches.count(userId) + added.length > USER_WATCHED_MAX)
      throw new Failure("too_many_watched", {
        message: `All your sockets together can watch at most ${USER_WATCHED_MAX} people; unwatch some of them first`,
      });
    // Watches are registered before the right is checked, so that a removal from here on leads to another check.
    for (const id of userIds) this.watches.add(socket, id).request = { ref };
    try {
      await this.inTurn(userId, async () => {
        const wanted = userIds.filter((id) => this.watches.find(id)?.watches.has(socket));
        if (wanted.length > 0) await this.check(new Map([[userId, new Set(wanted)]]));
      });
    } catch (error) {
      for (const id of added) this.watches.drop(socket, id);
      for (const id of userIds) {
        const watch = this.watches.find(id)?.watches.get(socket);
        if (watch) watch.request = undefined;
        // The answer to an older question was dropped in favour of this one, so the right is asked again.
        this.doubt(userId, id);
      }
      throw error;
    }
  }

  /**
   * Lets a user ask one question at a time, over all their sockets, because a question about a thousand people takes
   * the database a while.
   */
  private async inTurn(userId: number, ask: () => Promise<void>): Promise<void> {
    const before = this.turns.get(userId) ?? Promise.resolve();
    const asking = before.catch(() => {}).then(ask);
    this.turns.set(userId, asking);
    try {
      await asking;
    } finally {
      if (this.turns.get(userId) === asking) this.turns.delete(userId);
    }
  }

  unwatch(socket: WatchingSocket, userIds: Iterable<number>): void {
    for (const id of userIds) this.watches.drop(socket, id);
  }

  /** MUST be called when a socket has closed, whether it watched anybody or not. */
  end(socket: WatchingSocket): void {
    this.unwatch(socket, [...this.watches.by(socket)]);
    this.states.forget(socket);
  }

  // Events

  changed(changes: PresenceEvent["changes"]): void {
    this.states.apply(changes);
  }

  /** These users have left a conversation. Checks their watches, and the watches on them, again. */
  removed(userIds: readonly number[]): void {
    this.dissolved(userIds);
    for (const id of userIds)
      for (const { actor } of this.watches.find(id)?.watches.keys() ?? []) this.suspend(actor.userId, id);
  }

  /** A conversation of these users is gone. Checks their watches again. */
  dissolved(userIds: readonly number[]): void {
    for (const id of userIds) for (const watched of this.watches.byUser(id)) this.suspend(id, watched);
  }

  /** Events may have been lost. Reads all states and checks all watches again, soon. */
  heal(): void {
    const wait = Math.max(0, this.healedAt + HEAL_EVERY_MS - performance.now());
    this.healTimer ??= setTimeout(() => {
      this.healTimer = undefined;
      void this.healNow();
    }, wait).unref();
  }

  private async healNow() {
    if (this.isHealing) return this.heal();
    this.isHealing = true;
    this.healedAt = performance.now();
    try {
      await this.states.readAgain();
      for (const pairs of batches(this.watches.watchers, (userId) => this.watches.byUser(userId)))
        await this.check(pairs);
    } catch (error) {
      this.logger.warn({ err: error }, "the watches on people can't be checked, it will be tried again");
      this.heal();
    } finally {
      this.isHealing = false;
    }
  }

  // Rights

  /**
   * Sends nothing more until the right was checked again. The answer to a check that is under way may be too old, so it
   * is dropped.
   */
  private suspend(userId: number, id: number) {
    for (const [, watch] of this.watches.between(userId, id)) {
      watch.isGranted = false;
      watch.asked = ++this.questions;
    }
    this.doubt(userId, id);
  }

  private doubt(userId: number, id: number) {
    this.doubted.set(userId, (this.doubted.get(userId) ?? new Set()).add(id));
    this.recheckIn(GATHER_MS);
  }

  private recheckIn(ms: number) {
    this.recheckTimer ??= setTimeout(() => void this.recheck(), ms).unref();
  }

  private async recheck() {
    const doubted = this.doubted;
    this.doubted = new Map();
    let wait = GATHER_MS;
    try {
      const stillWatched = (userId: number) =>
        [...(doubted.get(userId) ?? [])].filter((id) => this.watches.between(userId, id).length > 0);
      for (const pairs of batches(doubted.keys(), stillWatched)) {
        await this.check(pairs);
        for (const userId of pairs.keys()) doubted.delete(userId);
      }
    } catch (error) {
      this.logger.debug({ err: error }, "the watches on people can't be checked, it will be tried again");
      for (const [userId, ids] of doubted) for (const id of ids) this.doubt(userId, id);
      wait = RETRY_MS;
    }
    this.recheckTimer = undefined;
    if (this.doubted.size > 0) this.recheckIn(wait);
  }

  /** Asks which of these watches are granted now, ends the others, and answers the clients that wait. */
  private async check(pairs: Pairs): Promise<void> {
    const asked = ++this.questions;
    for (const [userId, ids] of pairs)
      for (const id of ids) for (const [, watch] of this.watches.between(userId, id)) watch.asked = asked;
    const visible = await this.presence.visible(pairs);
    await this.states.readUnknown(new Set([...visible.values()].flatMap((seen) => [...seen.keys()])));
    for (const [userId, ids] of pairs)
      for (const id of ids)
        for (const [socket, watch] of this.watches.between(userId, id)) {
          // A newer question decides: the answer to this one may be older than a removal.
          if (watch.asked !== asked) continue;
          const lastSeen = visible.get(userId)?.get(id);
          if (lastSeen === undefined) this.refuse(socket, id, watch);
          else this.states.sendGranted(socket, id, watch, lastSeen);
        }
  }

  private refuse(socket: WatchingSocket, user_id: number, { request }: Watch) {
    this.watches.drop(socket, user_id);
    socket.send(encode({ type: "presence", user_id, online: false, last_seen: null, ref: request?.ref }));
  }
}

/** Cuts watches into parts that one statement can check. All watches of a user are in one part. */
function* batches(userIds: Iterable<number>, of: (userId: number) => Iterable<number>): Generator<Pairs> {
  let pairs: Pairs = new Map();
  let people = 0;
  for (const userId of userIds) {
    const ids = new Set(of(userId));
    pairs.set(userId, ids);
    people += ids.size;
    if (pairs.size < WATCHERS_AT_ONCE && people < PEOPLE_AT_ONCE) continue;
    yield pairs;
    pairs = new Map();
    people = 0;
  }
  if (pairs.size > 0) yield pairs;
}
