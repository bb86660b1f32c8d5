import { throttled } from "../base/failure.ts";

/** `limit` hits in `windowMs`; the window starts with a key's first hit. */
export interface Rate {
  limit: number;
  windowMs: number;
}

/** Counts hits per key; hono-rate-limiter's stores are of this shape. Drivers: stores/embedded/counters.ts. */
export interface CounterStore {
  /** The hits so far; none is counted. */
  get(key: string): Hits | Promise<Hits>;
  increment(key: string): Hits | Promise<Hits>;
  decrement(key: string): void | Promise<void>;
  resetKey(key: string): void | Promise<void>;
}

interface Hits {
  totalHits: number;
  resetTime?: Date | undefined;
}

/** One limit: a rate and where its hits are counted. */
export class Limiter {
  constructor(
    readonly rate: Rate,
    readonly store: CounterStore,
  ) {}

  /** Counts a hit; throws Failure("throttled") when it is one too many. */
  async hit(key: string): Promise<void> {
    const { totalHits, resetTime } = await this.store.increment(key);
    if (totalHits > this.rate.limit) throw throttled(secondsUntil(resetTime, this.rate));
  }

  /** For what is counted only once it has failed. Throws Failure("throttled") when no more may fail; counts nothing. */
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

/** Every limit of CONTRACT §6; `undefined` where a setting says `off`. */
export interface Limits {
  anonymous: Limiter | undefined;
  user: Limiter | undefined;
  messages: Limiter | undefined;
  /** Per account and network. */
  login: Limiter | undefined;
  /** Per network, and per wide network. */
  register: { network: Limiter | undefined; wide: Limiter | undefined };
  /** Wrong passwords: per network, per wide network, and per account. */
  wrong: { network: Limiter | undefined; wide: Limiter | undefined; account: Limiter | undefined };
  sends: Limiter | undefined;
  frames: Limiter | undefined;
}
