import type { Logger } from "../base/logger.ts";
import type { PresenceChange, PresenceTimes, SocketPlaces } from "../places/places.ts";
import type { RedisClient } from "./client.ts";
import clock from "./clock.lua" with { type: "text" };
import enterPlace from "./enter-place.lua" with { type: "text" };
import { NODES, nodeUsersKey, placesKey } from "./keys.ts";
import { Lease } from "./lease.ts";
import leavePlace from "./leave-place.lua" with { type: "text" };
import { outcomeAndTime, Script } from "./script.ts";

/**
 * Redis removes places after this time, if no node has done so. A living node writes all its places again long before.
 */
const FORGOTTEN_AFTER_MS = 6 * 3_600_000;
const WRITE_ALL_EVERY_MS = 2 * 3_600_000;
const AT_ONCE = 500;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

const ENTER = new Script(clock, enterPlace);
const LEAVE = new Script(clock, leavePlace);

/**
 * The places of all nodes' sockets. Redis has, for each user, the number of places on each node, and for each node the
 * end of its lease; idle sockets cost no more. A node that finds a lease that has ended removes the places of that
 * node. A node's own lease ends when the node was away, or when Redis has lost everything. The node then goes on under
 * another name and writes all its places again. While Redis is away this node counts its own sockets: there is always a
 * limit.
 */
export class RedisSocketPlaces implements SocketPlaces {
  private readonly lease: Lease;
  /** Users whose places Redis may not have, and since when. */
  private readonly unwritten = new Map<number, number>();
  /** From then on (performance.now) users who are not found are offline. */
  private sureAt = Number.NEGATIVE_INFINITY;
  private isRestoring = false;
  private wroteAllAt = performance.now();
  private isRenewing = false;
  private isTidying = false;
  private readonly timer: ReturnType<typeof setInterval>;
  private handler: (changes: PresenceChange[]) => void = () => {};
  private restoredHandler = () => {};

  /**
   * @param local the places of this node's own sockets: it notices when a user comes, and when they have left for good
   */
  constructor(
    private readonly client: RedisClient,
    private readonly local: SocketPlaces,
    private readonly times: PresenceTimes,
    private readonly logger: Logger,
  ) {
    this.lease = new Lease(client, times.lease);
    local.onChange((changes) => {
      for (const { userId, online, goneMs } of changes)
        if (!online) void this.write(userId, performance.now() - goneMs, false);
    });
    client.redis.on("ready", this.onReady);
    this.timer = setInterval(() => void this.beat(), times.beat);
    void this.beat();
  }

  get here() {
    return this.local.here;
  }

  async take(userId: number, max: number): Promise<boolean> {
    const before = this.here.get(userId);
    const taking = this.local.take(userId, max);
    if (this.here.get(userId) === before) return taking;
    const isFirst = before === undefined;
    try {
      // This runs in the same tick, so that two calls that race each write a number of their own.
      if (await this.enter(userId, max, isFirst)) return true;
    } catch {
      this.writeLater(userId, performance.now(), isFirst);
      return true;
    }
    this.giveBack(userId);
    return false;
  }

  giveBack(userId: number): void {
    this.local.giveBack(userId);
    void this.write(userId, performance.now(), false);
  }

  async count(userId: number): Promise<number> {
    const counts = await this.client.run((redis) => redis.hvals(placesKey(userId))).catch(() => undefined);
    return counts ? counts.reduce((sum, count) => sum + Number(count), 0) : this.local.count(userId);
  }

  onChange(handler: (changes: PresenceChange[]) => void): void {
    this.handler = handler;
  }

  onRestored(handler: () => void): void {
    this.restoredHandler = handler;
  }

  async online(userIds: number[]) {
    const online = new Set(userIds.filter((id) => this.here.has(id)));
    const sure = performance.now() >= this.sureAt;
    const elsewhere = userIds.filter((id) => !online.has(id));
    const at = this.clock();
    if (elsewhere.length === 0) return { online, at, sure };
    try {
      let since: number | undefined;
      for (let i = 0; i < elsewhere.length; i += AT_ONCE) {
        const some = elsewhere.slice(i, i + AT_ONCE);
        const [time, ...found] = await this.client.run((redis) =>
          Promise.all([redis.time(), ...some.map((id) => redis.exists(placesKey(id)))]),
        );
        since ??= Number(time[0]) * 1_000 + Number(time[1]) / 1_000;
        for (const [j, id] of some.entries()) if (found[j] === 1) online.add(id);
      }
      return { online, at: since ?? at, sure };
    } catch {
      return { online, at, sure: false };
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    this.client.redis.off("ready", this.onReady);
    await this.local.close();
    // The other nodes then find a lease that has ended, and announce the users who have not come to another node.
    await this.lease.end(this.times.grace).catch(() => {});
  }

  private clock() {
    return performance.now() + this.lease.ahead;
  }

  /** Writes how many places the user has here. False: there are too many. */
  private async enter(userId: number, max: number, isFirst: boolean): Promise<boolean> {
    const { name } = this.lease;
    const count = this.here.get(userId) ?? 0;
    const [reply] = await this.client.run((redis) =>
      Promise.all([
        ENTER.run(redis, [placesKey(userId)], [name, count, max, FORGOTTEN_AFTER_MS]),
        // The user is added each time, because other nodes may have removed this node's places before it notices.
        redis.sadd(nodeUsersKey(name), userId),
        redis.pexpire(nodeUsersKey(name), 2 * FORGOTTEN_AFTER_MS),
      ]),
    );
    const [outcome, at] = outcomeAndTime(reply);
    if (outcome === 3 || (outcome === 2 && isFirst)) this.handler([{ userId, online: true, at, goneMs: 0 }]);
    return outcome !== 0;
  }

  private async leave(userId: number, since: number) {
    const { name } = this.lease;
    const [reply] = await this.client.run((redis) =>
      Promise.all([LEAVE.run(redis, [placesKey(userId)], [name]), redis.srem(nodeUsersKey(name), userId)]),
    );
    const [outcome, at] = outcomeAndTime(reply);
    // This also announces the work of an earlier call whose answer was lost.
    if (outcome > 0) this.handler([{ userId, online: false, at, goneMs: performance.now() - since }]);
  }

  /**
   * Writes the user's places here, or that they have left.
   * @param isAgain Redis may have lost them, or may have them
   */
  private async write(userId: number, since: number, isAgain: boolean) {
    this.unwritten.delete(userId);
    const isHere = this.here.has(userId);
    const telling = isHere ? this.enter(userId, NO_LIMIT, isAgain) : this.leave(userId, since);
    await telling.catch(() => this.writeLater(userId, since, !isHere && !isAgain));
  }

  /** Notes a change that Redis gets later. This node applies it at once. */
  private writeLater(userId: number, since: number, isChange: boolean) {
    this.unwritten.set(userId, since);
    const goneMs = performance.now() - since;
    if (isChange) this.handler([{ userId, online: this.here.has(userId), at: this.clock(), goneMs }]);
  }

  private readonly onReady = () => {
    // Redis may have lost some or all of its data.
    if (this.lease.isHeld) this.doubt();
    void this.beat();
  };

  /** Writes all places again. Until the other nodes have done so too, a user who is not found may be online. */
  private doubt() {
    this.wroteAllAt = Number.NEGATIVE_INFINITY;
    this.sureAt = performance.now() + this.times.settle;
    this.isRestoring = true;
  }

  /** Renews the lease, however long the rest of the work takes. */
  private async beat() {
    if (this.isRenewing) return;
    this.isRenewing = true;
    try {
      const { dead, isAnew, hasJumped } = await this.lease.renew();
      // After a jump, new changes seem to be older than the state that they change, and would not count.
      if (isAnew || hasJumped) this.doubt();
      void this.tidy(dead);
    } catch (error) {
      this.failed(error);
    } finally {
      this.isRenewing = false;
    }
  }

  private async tidy(dead: [string, number][]) {
    if (this.isTidying) return;
    this.isTidying = true;
    try {
      if (performance.now() - this.wroteAllAt > WRITE_ALL_EVERY_MS) {
        this.wroteAllAt = performance.now();
        for (const userId of this.here.keys())
          this.unwritten.set(userId, this.unwritten.get(userId) ?? this.wroteAllAt);
      }
      await this.writeUnwritten();
      for (const [node, overdueMs] of dead) await this.removeDead(node, overdueMs + this.times.lease);
      if (this.isRestoring && performance.now() >= this.sureAt) {
        this.isRestoring = false;
        this.restoredHandler();
      }
    } catch (error) {
      this.failed(error);
    } finally {
      this.isTidying = false;
    }
  }

  private failed(error: unknown) {
    this.sureAt = performance.now() + this.times.settle;
    this.isRestoring = true;
    this.logger.debug({ err: error }, "the places in Redis could not be renewed, it will be tried again");
  }

  private async writeUnwritten() {
    const unwritten = [...this.unwritten];
    for (let i = 0; i < unwritten.length; i += AT_ONCE)
      await Promise.all(unwritten.slice(i, i + AT_ONCE).map(([userId, since]) => this.write(userId, since, true)));
  }

  /** Removes the places of a dead node. Several nodes may do so at once, with the same result. */
  private async removeDead(node: string, goneMs: number) {
    const key = nodeUsersKey(node);
    for (;;) {
      const users = await this.client.run((redis) => redis.srandmember(key, AT_ONCE));
      if (users.length === 0) break;
      const gone = await this.client.run((redis) =>
        Promise.all(
          users.filter(isUserId).map(async (id) => {
            const [outcome, at] = outcomeAndTime(await LEAVE.run(redis, [placesKey(Number(id))], [node]));
            // This also announces the work of an earlier call whose answer was lost.
            return outcome > 0 ? [{ userId: Number(id), online: false, at, goneMs }] : [];
          }),
        ),
      );
      this.handler(gone.flat());
      await this.client.run((redis) => redis.srem(key, ...users));
    }
    await this.client.run((redis) => redis.zrem(NODES, node));
  }
}

/** Redis may hold anything, and these texts go into a statement. */
const isUserId = (text: string) => /^[1-9]\d{0,9}$/.test(text) && Number(text) < 2 ** 31;
