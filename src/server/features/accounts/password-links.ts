import { createHash, randomBytes } from "node:crypto";
import type { AddUserBody, AdminUser } from "../../../protocol/admin.ts";
import type { ResetCheck } from "../../../protocol/users.ts";
import type { PasswordCaller } from "../../base/caller.ts";
import { invalidField } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Account, EndedSession, NewUser } from "../../log/ports.ts";
import type { Admin } from "../admin/ports.ts";
import { publishEnded } from "./ended-sessions.ts";
import { type Passwords, requireSecret } from "./passwords.ts";
import type { Credentials } from "./users.ts";

/** In seconds: who is added may be on holiday; who has forgotten a password is waiting for the link. */
const LIFE = { added: 7 * 86_400, reset: 86_400 };

interface NewLink {
  key: string;
  /** In seconds. */
  life: number;
}

/** One-time links, known by the hash of their token. Each call that makes one is written to the audit log. */
export interface PasswordLinkStore {
  /** An account with its link. `undefined`: the e-mail is taken. */
  addUser(by: Admin, user: NewUser, link: NewLink): Promise<{ user: AdminUser; expiresAt: string } | undefined>;
  /** Voids the user's other links. Rejects where there is no such user, or they are deactivated. */
  make(by: Admin, userId: number, link: NewLink): Promise<{ email: string; expiresAt: string }>;
  /** Whose link it is, while it works. */
  find(key: string): Promise<Account | undefined>;
  /**
   * Uses a link up: sets the password, voids all links of the user and ends all their sessions. `undefined`: it does not
   * work, or no more. Of racing calls one does it.
   */
  confirm(
    key: string,
    passwordHash: string,
  ): Promise<(Pick<Account, "user" | "isSuperuser"> & { ended: EndedSession[] }) | undefined>;
  /** Deletes links whose time is over. */
  prune(): Promise<void>;
}

/** By these a person chooses a password without having one: somebody new, or somebody who has forgotten theirs. */
export class PasswordLinks {
  constructor(
    private readonly store: PasswordLinkStore,
    private readonly passwords: Passwords,
    private readonly bus: Bus,
    private readonly security: SecurityLog,
  ) {}

  /**
   * An account that nobody can sign in to before they have set a password by the link.
   * @param from the network it was asked from, here and below
   * @param origin that of the page that the link leads to, here and below
   */
  async addUser(by: Admin, body: AddUserBody, from: PasswordCaller, origin: string) {
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
    const whom = { userId: added.user.id, account: body.email };
    this.record("user_added", by, whom);
    if (user.isSuperuser) this.record("superuser_granted", by, whom);
    return { user: added.user, url: urlOf(token, origin), expires_at: added.expiresAt };
  }

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

  /** Sets the password of whose link it is. All their sessions end with it, here and on every node. */
  async confirm(token: string, password: string, from: PasswordCaller): Promise<Credentials> {
    // Before the hashing, which is dear: the store decides when several race.
    const { user: person } = await this.find(token);
    requireSecret(password, person);
    const passwordHash = await this.passwords.hash(password, from);
    const confirmed = await this.store.confirm(keyOf(token), passwordHash).catch((error: unknown) => {
      // It may be done although the answer got lost: nodes ask anew which sessions there are.
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
/** After the `#`: browsers send that to no server, so it is in no log. */
const urlOf = (token: string, origin: string) => `${origin}/password#${token}`;
