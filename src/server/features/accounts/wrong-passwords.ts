import { createHash } from "node:crypto";
import { email as emailSchema } from "../../../protocol/text.ts";
import type { Caller, PasswordCaller } from "../../base/caller.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityEvent, SecurityLog } from "../../base/security-log.ts";
import type { Limits } from "../../limits/limits.ts";
import type { SessionsStore } from "./sessions-store.ts";

/** The account whose password is tried. */
export interface Tried {
  /** The e-mail as it was typed, whether it has an account or not; or the user of the caller's session. */
  account: { email: string } | { userId: number };
  /** The user of the caller's session, if there is one. */
  signedInAs?: number | undefined;
  /** For anything but a login: the field that gets the fault when the password is wrong. */
  field?: string;
}

/**
 * The limits on guessing passwords. Per account and network, all tries count. Per network, wide network and account, only failed
 * tries count, so that many people can sign in from one place. No limit depends on whether the account exists, or on whether
 * the caller is signed in to another one.
 */
export class WrongPasswords {
  constructor(
    private readonly limits: Pick<Limits, "login" | "wrong">,
    private readonly sessions: Pick<SessionsStore, "standing">,
    private readonly security: SecurityLog,
  ) {}

  /**
   * Runs `check` and counts its failure. `check` MUST pass its argument on to `Passwords`.
   * @throws Failure `throttled` when too many tries have failed; `check` does not run then, or ends early
   */
  async guard<T>(tried: Tried, caller: Caller, check: (from: PasswordCaller) => Promise<T>): Promise<T> {
    const { account } = tried;
    const standing = "email" in account ? { email: accountOf(account.email) } : account;
    const where = { network: caller.network, address: caller.address };
    const event: Omit<SecurityEvent, "event"> = {
      ...where,
      ...("email" in account ? { account: account.email } : { userId: account.userId }),
      ...(tried.field === undefined ? {} : { details: { confirming: true } }),
    };
    try {
      await this.limits.login?.hit(`${loginKey(standing)} ${caller.network}`);
      // A text that is no e-mail belongs to nobody, and the database may be unable to read it.
      const canBe = !("email" in standing) || emailSchema.safeParse(standing.email).success;
      const found = canBe ? await this.sessions.standing(standing, where) : undefined;
      const key = keyOf(found?.email ?? ("email" in standing ? standing.email : ""));
      if (found) event.account ??= found.email;
      // A cookie of the account proves more than the network does, so a neighbour's guesses do not lock the owner out.
      const holdsCookie = found !== undefined && found.userId === tried.signedInAs;
      const isProven = holdsCookie || found?.isKnown === true;
      const { wrong } = this.limits;
      const mayGoOn = async () => {
        if (!holdsCookie) await wrong.network?.check(caller.network);
        if (!isProven) await Promise.all([wrong.wide?.check(caller.wide), wrong.account?.check(key)]);
      };
      await mayGoOn();
      try {
        return await check({ ...caller, isProven, mayGoOn });
      } catch (error) {
        if (isWrong(error, tried.field)) {
          await this.count(caller, key);
          this.security.record({ event: "login_failed", ...event });
        }
        throw error;
      }
    } catch (error) {
      if (error instanceof Failure && error.reason === "throttled")
        this.security.record({ event: "login_throttled", ...event });
      throw error;
    }
  }

  private async count({ network, wide }: Caller, account: string) {
    const { wrong } = this.limits;
    await Promise.all([wrong.network?.count(network), wrong.wide?.count(wide), wrong.account?.count(account)]);
  }
}

/** No account has a longer e-mail. */
const EMAIL_MAX = 254;
const accountOf = (email: string) => email.trim().toLowerCase().slice(0, EMAIL_MAX);

const loginKey = (who: { email: string } | { userId: number }) =>
  "email" in who ? `e-mail ${who.email}` : `user ${who.userId}`;

/** A hash, which is short whatever was typed. With it, no e-mail address lies in Redis for an hour. */
const keyOf = (email: string) => createHash("sha256").update(email).digest("base64url").slice(0, 22);

function isWrong(error: unknown, field: string | undefined): boolean {
  if (!(error instanceof Failure)) return false;
  if (field === undefined) return error.reason === "invalid_credentials";
  return error.reason === "validation_failed" && error.errors?.[field] !== undefined;
}
