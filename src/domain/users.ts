import { codePoints } from "../protocol/content.ts";
import type { Registration } from "../protocol/server.ts";
import { email as emailSchema, PASSWORD_MAX } from "../protocol/text.ts";
import type { Profile, RegisterBody, User } from "../protocol/users.ts";
import type { AdminUserStore } from "./admin-ports.ts";
import type { Bus } from "./bus.ts";
import { publishEnded } from "./ended-sessions.ts";
import { Failure, invalidField } from "./errors.ts";
import type { FirstUser, Proof } from "./first-user.ts";
import type { Newcomers } from "./newcomers.ts";
import type { OwnTurns } from "./own-turns.ts";
import type { Passwords } from "./passwords.ts";
import type { Account, Session, UserStore } from "./ports.ts";
import type { SecurityLog } from "./security-log.ts";

/** Who has shown their password, and the hash it was checked against. */
export interface Credentials {
  user: User;
  passwordHash: string;
}

/** Where a request to register came from. */
export interface Registrant {
  network: string;
  address: string;
  /** A page of this server, in a browser on its own machine, with nothing in between. */
  isHere: () => boolean;
}

/** What only a node that serves has. */
interface Arrivals {
  firstUser: FirstUser;
  newcomers: Newcomers;
}

export class Users {
  constructor(
    private readonly store: UserStore,
    private readonly adminStore: Pick<AdminUserStore, "createSuperuser">,
    private readonly passwords: Passwords,
    private readonly bus: Bus,
    private readonly turns: OwnTurns,
    private readonly security: SecurityLog,
    private readonly settings: { readonly registration: Registration; readonly directory: "all" | "shared" },
    private readonly arrivals?: Arrivals,
  ) {}

  /** The first superuser of a fresh server comes in by a proof, whoever else may register. */
  async register(body: RegisterBody, from: Registrant): Promise<Profile> {
    const { network, address } = from;
    const proof = proofIn(body, from);
    if (proof) await this.arrivals?.firstUser.check(proof);
    else this.requireOpen();
    // Before the hashing, which is dear; the insert decides when two race.
    if (await this.store.byEmail(body.email)) throw emailTaken();
    const values = {
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash: await this.passwords.hash(body.password, network),
      isSuperuser: false,
    };
    const user = proof
      ? await this.arrivals?.firstUser.create(values, proof, address)
      : await this.store.create(values);
    if (!user) throw emailTaken();
    this.arrivals?.firstUser.forget();
    const facts = { account: user.email, userId: user.id, network, address };
    this.security.record({ event: "registered", ...facts });
    if (proof) {
      this.security.record({ event: "first_superuser", ...facts, details: { way: proof.way } });
      // The other nodes and their pages know at once that there is one.
      this.bus.publish({ kind: "settings_changed" });
    }
    await this.arrivals?.newcomers.welcome(user.id);
    return proof ? { ...user, is_superuser: true } : user;
  }

  private requireOpen() {
    const { registration } = this.settings;
    if (registration === "closed") throw new Failure("registration_closed");
    if (registration === "invite") throw new Failure("registration_by_invite");
  }

  /** The user of this e-mail and password. An unknown e-mail and a wrong password cost and look alike. */
  async authenticate(email: string, password: string, from: string): Promise<Credentials> {
    // A password that nobody can have is refused unhashed, whoever it is for.
    if (codePoints(password) > PASSWORD_MAX) throw new Failure("invalid_credentials");
    const address = emailSchema.safeParse(email);
    const account = address.success ? await this.store.byEmail(address.data) : undefined;
    const passwordHash = account?.isActive ? account.passwordHash : undefined;
    const matches = await this.passwords.verify(passwordHash, password, from);
    if (!account || !matches) throw new Failure("invalid_credentials");
    return { user: account.user, passwordHash: account.passwordHash };
  }

  /** Moves `last_seen` to now. @param user as they were before this login */
  async seen(user: User): Promise<User> {
    if (user.last_seen === null) await this.arrivals?.newcomers.welcome(user.id);
    return (await this.store.seen(user.id)) ?? user;
  }

  /** Oneself. Only who is a superuser learns that there are such. */
  async profile(session: Session): Promise<Profile> {
    const account = await this.store.byId(session.userId);
    if (!account) throw new Failure("authentication_required");
    return account.isSuperuser ? { ...account.user, is_superuser: true } : account.user;
  }

  async rename(session: Session, names: { firstName?: string; lastName?: string }): Promise<User> {
    const user = await this.store.rename(session.userId, names);
    if (!user) throw new Failure("authentication_required");
    this.bus.publish({ kind: "user_changed", userId: user.id, fullName: user.full_name });
    return user;
  }

  /** Checks the old password and sets a new one; all the user's other sessions end with it, here and on every node. */
  async changePassword(session: Session, oldPassword: string, password: string, from: string): Promise<void> {
    const account = await this.store.byId(session.userId);
    const bounded = codePoints(oldPassword) <= PASSWORD_MAX;
    if (!account || !bounded || !(await this.passwords.verify(account.passwordHash, oldPassword, from)))
      throw invalidField("old_password", "The password is not right.");
    const userId = account.user.id;
    const sessions = await this.store.setPassword(userId, await this.passwords.hash(password, from), session.id);
    publishEnded(this.bus, userId, sessions);
  }

  list(session: Session, query: { search: string; limit: number; offset: number }) {
    const shared = this.settings.directory === "shared";
    return this.turns.run(session.userId, () => this.store.list({ ...query, callerId: session.userId, shared }));
  }

  /** An account as the command line may know it. */
  async accountOf(email: string): Promise<Account | undefined> {
    return this.store.byEmail(email);
  }

  /** A new user who is a superuser, for the command line. */
  async createSuperuser(body: Omit<RegisterBody, "password_confirm">): Promise<User> {
    const user = await this.adminStore.createSuperuser({
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash: await this.passwords.hash(body.password, ""),
      isSuperuser: true,
    });
    if (!user) throw emailTaken();
    this.security.record({ event: "superuser_granted", account: user.email, userId: user.id, by: null });
    this.bus.publish({ kind: "settings_changed" });
    return user;
  }

  /**
   * Sets the password of an account for the command line, and ends all its sessions, here and on every node. With
   * `isSuperuser` the account becomes an active superuser too. Returns how many sessions ended.
   */
  async resetPassword(email: string, password: string, { isSuperuser = false } = {}) {
    const passwordHash = await this.passwords.hash(password, "");
    const reset = await this.store.resetPassword(email, passwordHash, { isSuperuser });
    if (!reset) throw new Failure("user_not_found");
    const { user, isActive, ended } = reset;
    const facts = { account: user.email, userId: user.id, by: null };
    this.security.record({ event: "password_reset", ...facts });
    if (isSuperuser) this.security.record({ event: "superuser_granted", ...facts });
    publishEnded(this.bus, user.id, ended);
    this.bus.publish({ kind: "user_changed", userId: user.id, fullName: user.full_name });
    if (isSuperuser) this.bus.publish({ kind: "settings_changed" });
    return { user, isActive, ended: ended.length };
  }
}

const emailTaken = () => invalidField("email", "A user with this email already exists.");

function proofIn({ setup_code: code, first }: RegisterBody, { isHere }: Registrant): Proof | undefined {
  if (code !== undefined) return { way: "code", code };
  return first ? { way: "here", isHere: isHere() } : undefined;
}
