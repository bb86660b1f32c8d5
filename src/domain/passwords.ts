import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { Failure } from "./errors.ts";

/** OWASP's argon2id parameters (memory in KiB): 11–43 ms of one core each. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Hashes in work at once, so that a rush of logins leaves a core for everything else. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** Waiting callers; more are told to come back, as they would wait for many seconds. */
const WAITING_MAX = 300;

/** Hashes and checks passwords off the event loop, a few at a time. Callers bound the length before. */
export class Passwords {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  /** What an unknown e-mail is checked against, so that it takes as long as a known one. */
  private readonly decoy = this.hash(crypto.randomUUID());

  hash(password: string): Promise<string> {
    return this.inTurn(() => hash(password, ARGON2ID));
  }

  /** `passwordHash` is undefined when there is no such user: the same work is done, and the answer is no. */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    const against = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(() => verify(against, password));
    return matches && passwordHash !== undefined;
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= AT_ONCE) {
      if (this.waiting.length >= WAITING_MAX) throw new Failure("unavailable", { retryAfter: 5 });
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else {
      this.running++;
    }
    try {
      return await work();
    } finally {
      // The turn is handed on, so `running` stays.
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}
