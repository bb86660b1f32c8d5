import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { isOwnData, normalPassword, TOO_COMMON } from "../../../protocol/passwords.ts";
import { COMMAND_LINE, type PasswordCaller } from "../../base/caller.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { FairQueue } from "../../base/fair-queue.ts";

/** The cost of one argon2id hash: memory in KiB, and the number of passes over it. */
export interface PasswordCost {
  memoryCost: number;
  timeCost: number;
}
/** The cost that OWASP asks for: 11–43 ms of one core for each hash. */
export const PASSWORD_COST: PasswordCost = { memoryCost: 19_456, timeCost: 2 };
const ARGON2ID = { algorithm: 2, parallelism: 1 } as const;
/** Hashes that run at once. A rush of logins leaves a core for everything else. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/**
 * The most callers that wait: as many as are served within seconds. When there are more, one of them is refused and may
 * try again; see `FairQueue`.
 */
export const PASSWORDS_WAITING_MAX = 300;

interface Waiting {
  start(): void;
  refuse(error: Failure): void;
}

/** Reads the cost that a hash was made with. */
const MADE_WITH = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** Refuses a new password that anybody who knows the account can guess. */
export function requireSecret(password: string, person: Parameters<typeof isOwnData>[1]): void {
  if (isOwnData(password, person)) throw invalidField("password", TOO_COMMON);
}

/** Hashes and checks passwords off the event loop, a few at a time. Callers limit the length before. */
export class Passwords {
  private running = 0;
  private readonly queue = new FairQueue<Waiting>();
  /**
   * The hash for unknown e-mails. A check against this hash makes a login with an unknown e-mail take as long as any
   * other.
   */
  private readonly decoy: Promise<string>;

  constructor(private readonly cost = PASSWORD_COST) {
    this.decoy = this.hash(crypto.randomUUID(), COMMAND_LINE);
  }

  hash(password: string, from: PasswordCaller): Promise<string> {
    const normal = normalPassword(password) ?? password;
    return this.inTurn(from, () => hash(normal, { ...ARGON2ID, ...this.cost }));
  }

  /** The hash of a password that nobody knows. A login to an account without a password costs and looks like any other. */
  unusable(from: PasswordCaller): Promise<string> {
    return this.hash(randomBytes(32).toString("base64url"), from);
  }

  /**
   * Checks a password. When there is no such user (`passwordHash` is undefined) it does the same work and returns false.
   * Earlier releases hashed the password as it was typed, so that form is tried second.
   */
  async verify(passwordHash: string | undefined, password: string, from: PasswordCaller): Promise<boolean> {
    const normal = normalPassword(password);
    // No account can have such a password, so it is refused without hashing, for any account.
    if (normal === undefined) return false;
    const against = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(
      from,
      async () => (await verify(against, normal)) || (normal !== password && (await verify(against, password))),
    );
    return matches && passwordHash !== undefined;
  }

  /** Whether a hash was made at the current cost. */
  isCurrent(passwordHash: string): boolean {
    const [, memory, time, parallelism] = MADE_WITH.exec(passwordHash) ?? [];
    const { memoryCost, timeCost } = this.cost;
    return Number(memory) === memoryCost && Number(time) === timeCost && Number(parallelism) === ARGON2ID.parallelism;
  }

  private async inTurn<T>(from: PasswordCaller, work: () => Promise<T>): Promise<T> {
    if (this.running < AT_ONCE) this.running++;
    else await this.turn(from);
    try {
      await from.mayGoOn?.();
      return await work();
    } finally {
      this.passOn();
    }
  }

  private turn(from: PasswordCaller): Promise<void> {
    return new Promise((start, refuse) => {
      this.queue.add(from, { start, refuse });
      if (this.queue.size > PASSWORDS_WAITING_MAX)
        this.queue.dropLast(from)?.refuse(new Failure("unavailable", { retryAfter: 5 }));
    });
  }

  /** Gives the turn to the next caller. `running` stays the same while anybody waits. */
  private passOn() {
    const next = this.queue.next();
    if (next) next.start();
    else this.running--;
  }
}
