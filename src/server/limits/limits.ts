import { throttled } from "../base/failure.ts";

/** `limit` hits in `windowMs`; the window starts with a key's first hit. */
export interface Rate {
  limit: number;
  windowMs: number;
}

/** Counts hits per key, in the shape of a hono-rate-limiter store. Drivers: memory-counters.ts, redis/counters.ts. */
export interface CounterStore {
  /** The hits so far. Counts nothing. */
  get(key: string): Hits | Promise<Hits>;
  increment(key: string): Hits | Promise<Hits>;
  decrement(key: string): void | Promise<void>;
  resetKey(key: string): void | Promise<void>;
}

interface Hits {
  totalHits: number;
  resetTime?: Date | undefined;
}

/** One limit: a rate, and the store that counts its hits. */
export class Limiter {
  constructor(
    readonly rate: Rate,
    readonly store: CounterStore,
  ) {}

  /** Counts a hit. @throws Failure `throttled` when it is one too many */
  async hit(key: string): Promise<void> {
    const { totalHits, resetTime } = await this.store.increment(key);
    if (totalHits > this.rate.limit) throw throttled(secondsUntil(resetTime, this.rate));
  }

  /**
   * Asks before a try that counts only when it fails. Counts nothing. @throws Failure `throttled` when no more tries
   * may fail
   */
  async check(key: string): Promise<void> {
    const { totalHits, resetTime } = await this.store.get(key);
    if (totalHits >= this.rate.limit) throw throttled(secondsUntil(resetTime, this.rate));
  }

  /** Counts a hit, whether or not it is one too many. */
  async count(key: string): Promise<void> {
    await this.store.increment(key);
  }
}

export const secondsUntil = (moment: Date | undefined, rate: Rate) =>
  moment ? (moment.getTime() - Date.now()) / 1000 : rate.windowMs / 1000;

/** Every limit of docs/contract.md §6. `undefined`: a setting says `off`. */
export interface Limits {
  anonymous: Limiter | undefined;
  user: Limiter | undefined;
  messages: Limiter | undefined;
  /** Requests for files: per user, or without a login per network. */
  files: Limiter | undefined;
  /** New uploads. */
  uploads: Limiter | undefined;
  /** Per account and network. */
  login: Limiter | undefined;
  /** Per network, and per wide network. */
  register: { network: Limiter | undefined; wide: Limiter | undefined };
  /** Wrong passwords: per network, per wide network, and per account. */
  wrong: { network: Limiter | undefined; wide: Limiter | undefined; account: Limiter | undefined };
  sends: Limiter | undefined;
  frames: Limiter | undefined;
  reactions: Limiter | undefined;
  /** Pictures of people and groups. */
  pictures: Limiter;
  searches: Limiter | undefined;
}
