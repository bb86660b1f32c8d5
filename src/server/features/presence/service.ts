import type { Logger } from "../../base/logger.ts";
import type { Bus, PresenceEvent } from "../../bus/bus.ts";
import type { PresenceChange, SocketPlaces } from "../../places/places.ts";
import type { PresenceStore } from "./store.ts";

/**
 * Changes within this time go into one statement and one event. When a node dies, thousands of users go offline at
 * once.
 */
const GATHER_MS = 50;
const AT_ONCE = 1_000;
const RETRY_MS = 2_000;
/** A node that closes waits no longer than this for its last write. */
const CLOSE_PATIENCE_MS = 1_000;

/** Announces that users come online or go offline, as the places of their sockets show, and writes down when. */
export class Presence {
  private waiting: PresenceChange[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private isClosed = false;
  /** By user, when they went offline (performance.now), until it is written down. */
  private readonly unwritten = new Map<number, number>();

  constructor(
    private readonly places: SocketPlaces,
    private readonly store: Pick<PresenceStore, "visible" | "wentOffline">,
    private readonly bus: Pick<Bus, "publish">,
    private readonly logger: Logger,
  ) {
    places.onChange((changes) => {
      for (const change of changes) this.waiting.push(change);
      this.announceIn(GATHER_MS);
    });
  }

  /** @see PresenceStore.visible */
  visible(watched: ReadonlyMap<number, Iterable<number>>) {
    return this.store.visible(watched);
  }

  /** @see SocketPlaces.online */
  online(userIds: number[]) {
    return this.places.online(userIds);
  }

  /** Sets a handler for the time when changes may have got lost and the bus does not know. */
  onRestored(handler: () => void) {
    this.places.onRestored(handler);
  }

  /** Users with sockets here go offline with this node. If they come to another node, that one announces them. */
  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    const now = performance.now();
    for (const userId of this.places.here.keys()) this.unwritten.set(userId, now);
    for (const { userId, online, goneMs } of this.waiting) if (!online) this.unwritten.set(userId, now - goneMs);
    await Promise.race([this.writeLastSeen(), Bun.sleep(CLOSE_PATIENCE_MS)]);
  }

  private announceIn(ms: number) {
    if (this.isClosed) return;
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.announce();
    }, ms);
  }

  private async announce() {
    const changes = this.waiting;
    this.waiting = [];
    const now = performance.now();
    this.publish(changes.filter(({ online }) => online).map(({ userId, online, at }) => ({ userId, online, at })));
    const gone = changes.filter(({ online }) => !online);
    for (const { userId, goneMs } of gone) this.unwritten.set(userId, now - goneMs);
    const written = await this.writeLastSeen();
    this.publish(
      gone.map(({ userId, online, at, goneMs }) => {
        // This node's clock, if the database's can't be had.
        const lastSeen = written.get(userId) ?? new Date(Date.now() - goneMs).toISOString();
        return { userId, online, at, lastSeen };
      }),
    );
  }

  private publish(changes: PresenceEvent["changes"]) {
    for (let i = 0; i < changes.length; i += AT_ONCE)
      this.bus.publish({ kind: "presence", changes: changes.slice(i, i + AT_ONCE) });
  }

  /** Returns the time that was written for each user. Users whose time can't be written are tried again. */
  private async writeLastSeen(): Promise<Map<number, string>> {
    const written = new Map<number, string>();
    const people = [...this.unwritten].sort(([a], [b]) => a - b);
    this.unwritten.clear();
    for (let i = 0; i < people.length; i += AT_ONCE) {
      const some = people.slice(i, i + AT_ONCE);
      const now = performance.now();
      try {
        const seen = await this.store.wentOffline(some.map(([id, since]) => ({ id, goneMs: now - since })));
        for (const [userId, lastSeen] of seen) written.set(userId, lastSeen);
      } catch (error) {
        this.logger.warn({ err: error }, "it can't be written down when users went offline, it will be tried again");
        for (const [userId, since] of some)
          this.unwritten.set(userId, Math.max(since, this.unwritten.get(userId) ?? since));
        this.announceIn(RETRY_MS);
      }
    }
    return written;
  }
}
