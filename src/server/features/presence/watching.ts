import { encode } from "../../../protocol/frames.ts";
import { USER_WATCHED_MAX, WATCHED_MAX } from "../../../protocol/presence.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import type { PresenceEvent } from "../../bus/bus.ts";
import type { ClientSocket } from "../../ws/socket.ts";
import type { Presence } from "./service.ts";
import { PresenceWatches, type Watch, type Watched } from "./watches.ts";

/** Doubts of so long are asked about together: a removal from a large conversation raises hundreds. */
const GATHER_MS = 100;
const RETRY_MS = 1_000;
/** While events may be missing, what was missed is looked for this often: it is about all who are watched here. */
const HEAL_EVERY_MS = 10_000;
const PEOPLE_AT_ONCE = 1_000;
/** Of one statement, which looks through the conversations of them all. */
const WATCHERS_AT_ONCE = 100;

/** Whom each of some users watches. */
type Pairs = Map<number, Set<number>>;

/** What the sockets of this node that watch people are told of them. */
export class PresenceWatching {
  private readonly watches = new PresenceWatches();
  /** What slow readers were not told. */
  private readonly untold = new Map<ClientSocket, Set<number>>();
  /** The last question of each user who is asking. */
  private readonly turns = new Map<number, Promise<void>>();
  /** Of whom it must be asked anew whether they may know of whom. */
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
    presence.onRestored(() => void this.lookAfterAll());
  }

  // Sockets

  /**
   * Answers for each of these people how it is now, and tells from then on when that changes. Of whom the socket's user may
   * not know, it says the same as of somebody who was never there, and no more.
   * @throws Failure when they are too many in all, or the database can't be asked
   */
  async watch(socket: ClientSocket, userIds: number[], ref: string | undefined): Promise<void> {
    // What is entered for a socket that has ended already would stay for ever.
    if (socket.isClosed) return;
    const { userId } = socket.actor;
    const before = this.watches.by(socket);
    const added = userIds.filter((id) => !before.has(id));
    if (before.size + added.length > WATCHED_MAX) throw new Failure("too_many_watched");
    if (this.watches.count(userId) + added.length > USER_WATCHED_MAX)
      throw new Failure("too_many_watched", {
        message: `All your sockets together can watch at most ${USER_WATCHED_MAX} people; unwatch some of them first`,
      });
    // Registered before the right is asked for: a removal from here on asks again.
    for (const id of userIds) this.watches.add(socket, id).owed = { ref };
    try {
      await this.inTurn(userId, async () => {
        const wanted = userIds.filter((id) => this.watches.find(id)?.watches.has(socket));
        if (wanted.length > 0) await this.check(new Map([[userId, new Set(wanted)]]));
      });
    } catch (error) {
      for (const id of added) this.watches.drop(socket, id);
      for (const id of userIds) {
        const watch = this.watches.find(id)?.watches.get(socket);
        if (watch) watch.owed = undefined;
        // An older question was not listened to for this one.
        this.doubt(userId, id);
      }
      throw error;
    }
  }

  /** One question of a user at a time, over all sockets: about a thousand people it keeps the database busy for a while. */
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

  unwatch(socket: ClientSocket, userIds: Iterable<number>): void {
    for (const id of userIds) this.watches.drop(socket, id);
  }

  /** MUST be called when a socket has closed; one that watched nobody is no harm. */
  end(socket: ClientSocket): void {
    this.unwatch(socket, [...this.watches.by(socket)]);
    this.untold.delete(socket);
  }

  // What happens

  changed(changes: PresenceEvent["changes"]): void {
    for (const { userId, online, at, lastSeen } of changes) this.take(userId, online, at, lastSeen);
  }

  /** These people have left a conversation: whom they may watch, and who may watch them, is asked anew. */
  removed(userIds: number[]): void {
    this.dissolved(userIds);
    for (const id of userIds)
      for (const { actor } of this.watches.find(id)?.watches.keys() ?? []) this.suspend(actor.userId, id);
  }

  /** A conversation of these people is no more: whom they may watch is asked anew. */
  dissolved(userIds: number[]): void {
    for (const id of userIds) for (const watched of this.watches.byUser(id)) this.suspend(id, watched);
  }

  /** Events may have got lost: looks after all who are watched here, and whether that is still granted. */
  heal(): void {
    const wait = Math.max(0, this.healedAt + HEAL_EVERY_MS - performance.now());
    this.healTimer ??= setTimeout(() => {
      this.healTimer = undefined;
      void this.lookAfterAll();
    }, wait).unref();
  }

  private async lookAfterAll() {
    if (this.isHealing) return this.heal();
    this.isHealing = true;
    this.healedAt = performance.now();
    // The clock by which they were known so far may have been put back since.
    for (const [, watched] of this.watches.people) watched.at = Number.NEGATIVE_INFINITY;
    try {
      await this.readOnline([...this.watches.people].flatMap(([id, { read }]) => (read ? id : [])));
      for (const pairs of batches(this.watches.watchers, (userId) => this.watches.byUser(userId)))
        await this.check(pairs);
    } catch (error) {
      this.logger.warn({ err: error }, "who may watch whom can't be asked, it will be tried again");
      this.heal();
    } finally {
      this.isHealing = false;
    }
  }

  // Who may know

  /** Nothing is told until it was asked again; nor does an answer count that is on its way, for it may be too old. */
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
      this.logger.debug({ err: error }, "who may watch whom can't be asked, it will be tried again");
      for (const [userId, ids] of doubted) for (const id of ids) this.doubt(userId, id);
      wait = RETRY_MS;
    }
    this.recheckTimer = undefined;
    if (this.doubted.size > 0) this.recheckIn(wait);
  }

  /** Asks which of these watches are granted now, ends the others, and gives the answers that are owed. */
  private async check(pairs: Pairs): Promise<void> {
    const asked = ++this.questions;
    for (const [userId, ids] of pairs)
      for (const id of ids) for (const [, watch] of this.watches.between(userId, id)) watch.asked = asked;
    const visible = await this.presence.visible(pairs);
    await this.know(new Set([...visible.values()].flatMap((seen) => [...seen.keys()])));
    for (const [userId, ids] of pairs)
      for (const id of ids)
        for (const [socket, watch] of this.watches.between(userId, id)) {
          // A newer question decides: the answer to this one may be older than a removal.
          if (watch.asked !== asked) continue;
          const lastSeen = visible.get(userId)?.get(id);
          if (lastSeen === undefined) this.refuse(socket, id, watch);
          else this.grant(socket, id, watch, lastSeen);
        }
  }

  private refuse(socket: ClientSocket, user_id: number, { owed }: Watch) {
    this.watches.drop(socket, user_id);
    socket.send(encode({ type: "presence", user_id, online: false, last_seen: null, ref: owed?.ref }));
  }

  private grant(socket: ClientSocket, id: number, watch: Watch, lastSeen: string | null) {
    const watched = this.watches.find(id);
    if (!watched) return;
    watched.lastSeen = later(watched.lastSeen, lastSeen);
    watch.isGranted = true;
    const { owed } = watch;
    watch.owed = undefined;
    if (owed) say(socket, id, watched, watch, owed.ref);
    else if (watch.told !== watched.online) this.tell(socket, id, watched, watch);
  }

  // How they are

  /** Reads who is online, of those of whom nobody here knew. */
  private async know(userIds: Iterable<number>) {
    const people = [...userIds].flatMap((id) => this.watches.find(id) ?? []);
    const fresh = [...userIds].filter((id) => this.watches.find(id)?.read === undefined);
    const reading = this.readOnline(fresh);
    for (const watched of people) watched.read ??= reading;
    await Promise.all(new Set(people.map(({ read }) => read)));
  }

  private async readOnline(userIds: number[]) {
    for (let i = 0; i < userIds.length; i += PEOPLE_AT_ONCE) {
      const some = userIds.slice(i, i + PEOPLE_AT_ONCE);
      const { online, at, sure } = await this.presence.online(some);
      for (const id of some) if (sure || online.has(id)) this.take(id, online.has(id), at);
    }
  }

  private take(id: number, online: boolean, at: number, lastSeen: string | null = null) {
    const watched = this.watches.find(id);
    if (!watched || at < watched.at) return;
    const isNews = watched.online !== online;
    watched.at = at;
    watched.online = online;
    watched.lastSeen = later(watched.lastSeen, lastSeen);
    if (!isNews) return;
    for (const [socket, watch] of watched.watches) if (watch.isGranted) this.tell(socket, id, watched, watch);
  }

  /** A slow reader is told when it has caught up, and then how it is by then. */
  private tell(socket: ClientSocket, id: number, watched: Watched, watch: Watch) {
    const untold = this.untold.get(socket);
    if (untold) untold.add(id);
    else if (socket.isSlow) this.tellLater(socket, id);
    else say(socket, id, watched, watch);
  }

  private tellLater(socket: ClientSocket, first: number) {
    const untold = new Set([first]);
    this.untold.set(socket, untold);
    void socket.writable().then(() => {
      if (this.untold.get(socket) === untold) this.untold.delete(socket);
      for (const id of untold) {
        const watched = this.watches.find(id);
        const watch = watched?.watches.get(socket);
        if (watched && watch?.isGranted) this.tell(socket, id, watched, watch);
      }
    });
  }
}

/** In parts that one statement can look up, each user in one of them. */
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

function say(socket: ClientSocket, user_id: number, { online, lastSeen }: Watched, watch: Watch, ref?: string) {
  watch.told = online;
  socket.send(encode({ type: "presence", user_id, online, last_seen: lastSeen, ref }));
}

/** Moments as ISO 8601, which sort as they are. */
const later = (a: string | null, b: string | null) => ((a ?? "") > (b ?? "") ? a : b);
