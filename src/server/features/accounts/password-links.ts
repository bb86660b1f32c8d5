import { createHash, randomBytes } from "node:crypto";
import type { AddUserBody, AdminUser } from "../../../protocol/admin.ts";
import type { ResetCheck } from "../../../protocol/users.ts";
import type { PasswordCaller } from "../../base/caller.ts";
import { invalidField } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Admin } from "../audit/entry.ts";
import type { Account, Credentials } from "./account.ts";
import { publishEnded } from "./ended-sessions.ts";
import type { PasswordLinksStore } from "./password-links-store.ts";
import { type Passwords, requireSecret } from "./passwords.ts";

/**
 * How long a link works, in seconds. A new user may be on holiday; a user who forgot their password waits for the link.
 */
const LIFE = { added: 7 * 86_400, reset: 86_400 };

/** One-time links by which people set a password without having one: new users, and users who forgot theirs. */
export class PasswordLinks {
  constructor(
    private readonly store: PasswordLinksStore,
    private readonly passwords: Passwords,
    private readonly bus: Bus,
    private readonly security: SecurityLog,
  ) {}

  /**
   * Makes an account. Nobody can sign in to it before its user has set a password by the link.
   * @param from the caller, here and below
   * @param origin the origin of the page that the link leads to, here and below
   */
  async addUser(
    by: Admin,
    body: AddUserBody,
    from: PasswordCaller,
    origin: string,
  ): Promise<{ user: AdminUser; url: string; expires_at: string }> {
    const user = {
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash: await this.passwords.unusable(from),
      isSuperuser: body.is_superuser ?? false,
    };
    const token = newToken();
    const added = await this.store.addUser(by, user, { key: keyOf(token), life: LIFE.added });
    if (!added) throw invalidField("email", "A user with this email already exists.");
    const { user: made, isActive, isSuperuser } = added.account;
    const whom = { userId: made.id, account: body.email };
    this.record("user_added", by, whom);
    if (user.isSuperuser) this.record("superuser_granted", by, whom);
    return {
      user: { ...made, is_active: isActive, is_superuser: isSuperuser },
      url: urlOf(token, origin),
      expires_at: added.expiresAt,
    };
  }

  /** Makes a link for an active user, and voids the links that they had. */
  async make(by: Admin, userId: number, origin: string) {
    const token = newToken();
    const made = await this.store.make(by, userId, { key: keyOf(token), life: LIFE.reset });
    this.record("reset_link_made", by, { userId, account: made.email });
    return { url: urlOf(token, origin), expires_at: made.expiresAt };
  }

  async check(token: string): Promise<ResetCheck> {
    const { user } = await this.find(token);
    return { email: user.email, full_name: user.full_name, is_new: user.last_seen === null };
  }

  /** Sets the password of the link's user. All their sessions end, here and on every node. */
  async confirm(token: string, password: string, from: PasswordCaller): Promise<Credentials> {
    // The link is checked before the costly hash. The store decides when several requests race.
    const { user: person } = await this.find(token);
    requireSecret(password, person);
    const passwordHash = await this.passwords.hash(password, from);
    const confirmed = await this.store.confirm(keyOf(token), passwordHash).catch((error: unknown) => {
      // The change may be committed although its answer got lost. So each node checks its sessions again.
      this.bus.publish({ kind: "sessions_doubted" });
      throw error;
    });
    if (!confirmed) throw badToken();
    const { user, isSuperuser, ended } = confirmed;
    publishEnded(this.bus, user.id, ended);
    this.security.record({
      event: "password_reset",
      account: user.email,
      userId: user.id,
      network: from.network,
      address: from.address,
    });
    return { user, passwordHash, isSuperuser };
  }

  prune(): Promise<void> {
    return this.store.prune();
  }

  private async find(token: string): Promise<Account> {
    const account = TOKEN.test(token) ? await this.store.find(keyOf(token)) : undefined;
    if (!account) throw badToken();
    return account;
  }

  private record(
    event: "user_added" | "superuser_granted" | "reset_link_made",
    by: Admin,
    whom: { userId: number; account: string },
  ) {
    const who = by ? { by: by.userId, address: by.address, network: by.network } : { by: null };
    this.security.record({ event, ...whom, ...who });
  }
}

const badToken = () => invalidField("token", "This link has expired or was used. Ask for a new one.");

/** 256 random bits, base64url. */
const newToken = () => randomBytes(32).toString("base64url");
const TOKEN = /^[\w-]{43}$/;
const keyOf = (token: string) => createHash("sha256").update(token).digest("base64url");
/** Browsers do not send the part after the `#` to a server, so the token is in no log. */
const urlOf = (token: string, origin: string) => `${origin}/password#${token}`;
