import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { hash, verify } from "@node-rs/argon2";
import { isOwnData, normalPassword, TOO_COMMON } from "../../../protocol/passwords.ts";
import { COMMAND_LINE, type PasswordCaller } from "../../base/caller.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import { FairQueue } from "../../base/fair-queue.ts";

/** What argon2id takes for one hash: memory in KiB, and how often it passes over that. */
export interface PasswordCost {
  memoryCost: number;
  timeCost: number;
}
/** OWASP's: 11–43 ms of one core each. */
export const PASSWORD_COST: PasswordCost = { memoryCost: 19_456, timeCost: 2 };
const ARGON2ID = { algorithm: 2, parallelism: 1 } as const;
/** Hashes in work at once, so that a rush of logins leaves a core for everything else. */
const AT_ONCE = Math.max(1, availableParallelism() - 1);
/** Waiting callers, as many as are served within seconds. Of more, somebody is told to come back: see `FairQueue`. */
export const PASSWORDS_WAITING_MAX = 300;

interface Waiting {
  start(): void;
  refuse(error: Failure): void;
}

/** The cost that a hash says it was made with. */
const MADE_WITH = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/;

/** Refuses a new password that everybody knows who knows the account. */
export function requireSecret(password: string, person: Parameters<typeof isOwnData>[1]): void {
  if (isOwnData(password, person)) throw invalidField("password", TOO_COMMON);
}

/** Hashes and checks passwords off the event loop, a few at a time. Callers bound the length before. */
export class Passwords {
  private running = 0;
  private readonly queue = new FairQueue<Waiting>();
  /** What an unknown e-mail is checked against, so that it takes as long as a known one. */
  private readonly decoy: Promise<string>;

  constructor(private readonly cost = PASSWORD_COST) {
    this.decoy = this.hash(crypto.randomUUID(), COMMAND_LINE);
  }

  hash(password: string, from: PasswordCaller): Promise<string> {
    const normal = normalPassword(password) ?? password;
    return this.inTurn(from, () => hash(normal, { ...ARGON2ID, ...this.cost }));
  }

  /** The hash of a password that nobody knows: of an account without one, a login costs and looks like any other. */
  unusable(from: PasswordCaller): Promise<string> {
    return this.hash(randomBytes(32).toString("base64url"), from);
  }

  /**
   * `passwordHash` is undefined when there is no such user: the same work is done, and the answer is no. Hashes of earlier
   * releases may be of the form as it was typed, which is tried second.
   */
  async verify(passwordHash: string | undefined, password: string, from: PasswordCaller): Promise<boolean> {
    const normal = normalPassword(password);
    // A password that no account can have is refused unhashed, for any account.
    if (normal === undefined) return false;
    const against = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(
      from,
      async () => (await verify(against, normal)) || (normal !== password && (await verify(against, password))),
    );
    return matches && passwordHash !== undefined;
  }

  /** Whether a hash was made as they are made now. */
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

  /** The turn is handed on, so `running` stays while anybody waits. */
  private passOn() {
    const next = this.queue.next();
    if (next) next.start();
    else this.running--;
  }
}
