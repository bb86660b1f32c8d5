import type { PresenceChange, SocketPlaces } from "./places.ts";

/** The places of sockets on a single node. */
export class LocalSocketPlaces implements SocketPlaces {
  readonly here = new Map<number, number>();
  /** When each user gave their last place back, the earliest first. */
  private readonly leaving = new Map<number, number>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private handler: (changes: PresenceChange[]) => void = () => {};

  constructor(private readonly graceMs: number) {}

  take(userId: number, max: number): Promise<boolean> {
    const taken = this.here.get(userId);
    if ((taken ?? 0) >= max) return Promise.resolve(false);
    this.here.set(userId, (taken ?? 0) + 1);
    this.leaving.delete(userId);
    if (taken === undefined) this.handler([{ userId, online: true, at: performance.now(), goneMs: 0 }]);
    return Promise.resolve(true);
  }

  giveBack(userId: number): void {
    const left = (this.here.get(userId) ?? 0) - 1;
    if (left < 0) return;
    this.here.set(userId, left);
    if (left > 0) return;
    this.leaving.set(userId, performance.now());
    this.timer ??= setTimeout(() => this.endGrace(), this.graceMs);
  }

  async count(userId: number): Promise<number> {
    return this.here.get(userId) ?? 0;
  }

  onChange(handler: (changes: PresenceChange[]) => void): void {
    this.handler = handler;
  }

  async online(userIds: number[]) {
    return { online: new Set(userIds.filter((id) => this.here.has(id))), at: performance.now(), sure: true };
  }

  onRestored(): void {}

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.leaving.clear();
  }

  private endGrace() {
    const at = performance.now();
    const gone: PresenceChange[] = [];
    this.timer = undefined;
    for (const [userId, since] of this.leaving) {
      const goneMs = at - since;
      if (goneMs < this.graceMs) {
        this.timer = setTimeout(() => this.endGrace(), this.graceMs - goneMs);
        break;
      }
      this.leaving.delete(userId);
      this.here.delete(userId);
      gone.push({ userId, online: false, at, goneMs });
    }
    if (gone.length > 0) this.handler(gone);
  }
}
