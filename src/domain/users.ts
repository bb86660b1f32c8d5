import { codePoints } from "../protocol/content.ts";
import { email as emailSchema, PASSWORD_MAX } from "../protocol/text.ts";
import type { Profile, RegisterBody, User } from "../protocol/users.ts";
import type { AdminUserStore } from "./admin-ports.ts";
import type { Bus } from "./bus.ts";
import { COMMAND_LINE, type PasswordCaller } from "./caller.ts";
import { publishEnded } from "./ended-sessions.ts";
import { Failure, invalidField } from "./errors.ts";
import type { OwnTurns } from "./own-turns.ts";
import type { Passwords } from "./passwords.ts";
import type { Session, UserStore } from "./ports.ts";
import type { SecurityLog } from "./security-log.ts";

/** Who has shown their password, and the hash it was checked against. */
export interface Credentials {
  user: User;
  passwordHash: string;
}

export class Users {
  constructor(
    private readonly store: UserStore,
    private readonly adminStore: Pick<AdminUserStore, "createSuperuser">,
    private readonly passwords: Passwords,
    private readonly bus: Bus,
    private readonly turns: OwnTurns,
    private readonly security: SecurityLog,
    private readonly settings: { registration: "open" | "invite" | "closed"; directory: "all" | "shared" },
  ) {}

  /** @param from who asks, here and below */
  async register(body: RegisterBody, from: PasswordCaller): Promise<User> {
    if (this.settings.registration !== "open") throw new Failure("registration_closed");
    // Before the hashing, which is dear; the insert decides when two race.
    if (await this.store.byEmail(body.email)) throw emailTaken();
    const user = await this.store.create({
      email: body.email,
      firstName: body.first_name,
      lastName: body.last_name,
      passwordHash: await this.passwords.hash(body.password, from),
      isSuperuser: false,
    });
    if (!user) throw emailTaken();
    const { network, address } = from;
    this.security.record({ event: "registered", account: user.email, userId: user.id, network, address });
    return user;
  }

  /** The user of this e-mail and password. An unknown e-mail and a wrong password cost and look alike. */
  async authenticate(email: string, password: string, from: PasswordCaller): Promise<Credentials> {
    // A password that nobody can have is refused unhashed, whoever it is for.
    if (codePoints(password) > PASSWORD_MAX) throw new Failure("invalid_credentials");
    const address = emailSchema.safeParse(email);
    const account = address.success ? await this.store.byEmail(address.data) : undefined;
    const passwordHash = account?.isActive ? account.passwordHash : undefined;
    const matches = await this.passwords.verify(passwordHash, password, from);
    if (!account || !matches) throw new Failure("invalid_credentials");
    return { user: account.user, passwordHash: account.passwordHash };
  }

  /** Moves `last_seen` to now. */
  async seen(user: User): Promise<User> {
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
  async changePassword(session: Session, oldPassword: string, password: string, from: PasswordCaller): Promise<void> {
    const account = await this.store.byId(session.userId);
    const bounded = codePoints(oldPassword) <= PASSWORD_MAX;
    if (!account || !bounded || !(await this.passwords.verify(account.passwordHash, oldPassword, from)))
      throw invalidField("old_password", "The password is not right.");
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

  /** Makes a superuser, or makes an existing user one (and keeps their password). Not reachable over the network. */
  async createSuperuser(body: Omit<RegisterBody, "password_confirm">): Promise<{ user: User; isCreated: boolean }> {
    const { email } = body;
    const made = (await this.store.byEmail(email))
      ? await this.adminStore.createSuperuser({ email })
      : await this.adminStore.createSuperuser({
          email,
          firstName: body.first_name,
          lastName: body.last_name,
          passwordHash: await this.passwords.hash(body.password, COMMAND_LINE),
          isSuperuser: true,
        });
    const { user, isCreated } = made;
    if (!user) throw emailTaken();
    if (!isCreated) this.bus.publish({ kind: "user_changed", userId: user.id, fullName: user.full_name });
    const event = { account: user.email, userId: user.id, by: null };
    if (isCreated) this.security.record({ event: "user_added", ...event });
    this.security.record({ event: "superuser_granted", ...event });
    return { user, isCreated };
  }
}

const emailTaken = () => invalidField("email", "A user with this email already exists.");
