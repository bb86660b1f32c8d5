import type { Profile, RegisterBody, User } from "../../../protocol/users.ts";
import { COMMAND_LINE, type PasswordCaller } from "../../base/caller.ts";
import { Failure, invalidField } from "../../base/failure.ts";
import type { OwnTurns } from "../../base/own-turns.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Session } from "../../base/session.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Account, Credentials, NewUser, ProfileValues } from "./account.ts";
import { publishEnded } from "./ended-sessions.ts";
import type { FirstUser } from "./first-user.ts";
import type { Proof } from "./first-user-store.ts";
import type { Newcomers } from "./newcomers.ts";
import { type Passwords, requireSecret } from "./passwords.ts";
import type { UsersStore } from "./users-store.ts";

/** The caller of a request to register. */
export interface Registrant extends PasswordCaller {
  /** Whether the request comes from a page of this server, in a browser on the server's own machine. */
  isHere: () => boolean;
}

/** Decides who may register, and lets people in by an invite. The command line has one that refuses everybody. */
export interface Registration {
  /** Throws when nobody may register, or not with this invite. */
  require(invite: string | undefined): Promise<void>;
  /** Makes an account and uses the invite. Returns `undefined` when the e-mail is taken. */
  register(invite: string, user: NewUser): Promise<User | undefined>;
}

/** Parts that only a serving node has. */
interface Arrivals {
  firstUser: FirstUser;
  newcomers: Newcomers;
}

export class Users {
  constructor(
    private readonly store: UsersStore,
    private readonly passwords: Passwords,
    private readonly bus: Bus,
    private readonly turns: OwnTurns,
    private readonly security: SecurityLog,
    private readonly settings: {
      registration: Registration;
      directory: "all" | "shared";
    },
    private readonly arrivals?: Arrivals,
  ) {}

  /**
   * Makes an account. The first superuser of a fresh server registers by a proof, even where nobody else may.
   * @param from the caller, here and below
   */
  async register(body: RegisterBody, from: Registrant): Promise<Credentials> {
    const { network, address } = from;
    const { registration } = this.settings;
    const proof = proofIn(body, from);
    if (proof) await this.arrivals?.firstUser.check(proof);
    else await registration.require(body.invite);
    requireSecret(body.password, body);
    // The e-mail is checked before the costly hash. The insert decides when two requests race.
    if (await this.store.byEmail(body.email)) throw emailTaken();
    const passwordHash = await this.passwords.hash(body.password, from);
    const account = {
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash,
      isSuperuser: false,
    };
    const user = await (proof
      ? this.arrivals?.firstUser.create(account, proof, address)
      : body.invite === undefined
        ? this.store.create(account)
        : registration.register(body.invite, account));
    if (!user) throw emailTaken();
    this.arrivals?.firstUser.forget();
    const facts = { account: user.email, userId: user.id, network, address };
    this.security.record({ event: "registered", ...facts });
    if (proof) {
      this.security.record({ event: "first_superuser", ...facts, details: { way: proof.way } });
      // The other nodes and their pages learn at once that there is a superuser.
      this.bus.publish({ kind: "settings_changed" });
    }
    await this.arrivals?.newcomers.welcome(user.id);
    return { user, passwordHash, isSuperuser: proof !== undefined };
  }

  /** Finds the user of an e-mail (in lower case) and password. An unknown e-mail and a wrong password cost and look alike. */
  async authenticate(email: string, password: string, from: PasswordCaller): Promise<Credentials> {
    const account = await this.store.byEmail(email);
    const passwordHash = account?.isActive ? account.passwordHash : undefined;
    const matches = await this.passwords.verify(passwordHash, password, from);
    if (!account || !matches) throw new Failure("invalid_credentials");
    return { user: account.user, passwordHash: account.passwordHash, isSuperuser: account.isSuperuser };
  }

  /**
   * Hashes a right password again when its hash was made at an earlier, lower cost. To guess at a leaked hash then
   * costs as much as it should. No caller waits for this. If it fails, the next login tries again.
   */
  async renewHash({ user, passwordHash }: Credentials, password: string, from: PasswordCaller): Promise<void> {
    if (this.passwords.isCurrent(passwordHash)) return;
    await this.store.renewHash(user.id, passwordHash, await this.passwords.hash(password, from));
  }

  /** Throws a fault of the field `password` unless the text is the password of the session's user. */
  async confirm(session: Session, password: string, from: PasswordCaller): Promise<void> {
    const account = await this.store.byId(session.userId);
    if (!account || !(await this.passwords.verify(account.passwordHash, password, from)))
      throw invalidField("password", "The password is not right.");
  }

  /** Moves `last_seen` to now. @param user as it was before this login */
  async seen(user: User): Promise<User> {
    if (user.last_seen === null) await this.arrivals?.newcomers.welcome(user.id);
    return (await this.store.seen(user.id)) ?? user;
  }

  /** The caller's own profile. Only superusers see that superusers exist. */
  async profile(session: Session): Promise<Profile> {
    const account = await this.store.byId(session.userId);
    if (!account) throw new Failure("authentication_required");
    return profileOf(account);
  }

  async changeProfile(session: Session, values: ProfileValues): Promise<Profile> {
    const account = await this.store.change(session.userId, values);
    if (!account) throw new Failure("authentication_required");
    const { id, full_name } = account.user;
    // Nobody else sees `may_add_me`.
    if (values.firstName !== undefined || values.lastName !== undefined)
      this.bus.publish({ kind: "user_changed", userId: id, fullName: full_name });
    return profileOf(account);
  }

  /** Checks the old password and sets a new one; all the user's other sessions end with it, here and on every node. */
  async changePassword(session: Session, oldPassword: string, password: string, from: PasswordCaller): Promise<void> {
    const account = await this.store.byId(session.userId);
    if (!account || !(await this.passwords.verify(account.passwordHash, oldPassword, from)))
      throw invalidField("old_password", "The password is not right.");
    requireSecret(password, account.user);
    const userId = account.user.id;
    const sessions = await this.store.setPassword(userId, await this.passwords.hash(password, from), session.id);
    publishEnded(this.bus, userId, sessions);
    const { network, address } = from;
    this.security.record({ event: "password_changed", account: account.user.email, userId, network, address });
  }

  list(session: Session, query: { search: string; limit: number; offset: number }) {
    const shared = this.settings.directory === "shared";
    return this.turns.run(session.userId, () => this.store.list({ ...query, callerId: session.userId, shared }));
  }

  /** Finds an account for the command line. */
  async accountOf(email: string): Promise<Account | undefined> {
    return this.store.byEmail(email);
  }

  /** Makes a superuser for the command line. */
  async createSuperuser(body: Pick<RegisterBody, "email" | "first_name" | "last_name" | "password">): Promise<User> {
    requireSecret(body.password, body);
    const user = await this.store.createSuperuser({
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash: await this.passwords.hash(body.password, COMMAND_LINE),
      isSuperuser: true,
    });
    if (!user) throw emailTaken();
    const facts = { account: user.email, userId: user.id, by: null };
    this.security.record({ event: "user_added", ...facts });
    this.security.record({ event: "superuser_granted", ...facts });
    this.bus.publish({ kind: "settings_changed" });
    return user;
  }

  /**
   * Sets the password of an account for the command line, and ends all its sessions, here and on every node. With
   * `isSuperuser` the account becomes an active superuser too. Returns how many sessions ended.
   */
  async resetPassword(email: string, password: string, { isSuperuser = false } = {}) {
    const account = await this.store.byEmail(email);
    if (account) requireSecret(password, account.user);
    const passwordHash = await this.passwords.hash(password, COMMAND_LINE);
    const reset = await this.store.resetPassword(email, passwordHash, { isSuperuser });
    if (!reset) throw new Failure("user_not_found");
    const { user, isActive, changed, ended } = reset;
    const facts = { account: user.email, userId: user.id, by: null };
    for (const event of ["password_reset" as const, ...changed]) this.security.record({ event, ...facts });
    publishEnded(this.bus, user.id, ended);
    this.bus.publish({ kind: "user_changed", userId: user.id, fullName: user.full_name });
    if (isSuperuser) this.bus.publish({ kind: "settings_changed" });
    return { user, isActive, ended: ended.length };
  }
}

const profileOf = ({ user, mayAddMe, isSuperuser }: Account): Profile => ({
  ...user,
  may_add_me: mayAddMe,
  ...(isSuperuser ? { is_superuser: true } : {}),
});

const emailTaken = () => invalidField("email", "A user with this email already exists.");

function proofIn({ setup_code: code, first }: RegisterBody, { isHere }: Registrant): Proof | undefined {
  if (code !== undefined) return { way: "code", code };
  return first ? { way: "here", isHere: isHere() } : undefined;
}
