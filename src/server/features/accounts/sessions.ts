import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { SessionInfo } from "../../../protocol/users.ts";
import { ReadCache } from "../../base/cache.ts";
import type { Caller } from "../../base/caller.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Session } from "../../base/session.ts";
import type { Bus } from "../../bus/bus.ts";
import type { Credentials } from "./account.ts";
import { publishEnded } from "./ended-sessions.ts";
import type { SessionsStore } from "./sessions-store.ts";

/** 256 random bits and their seal, base64url. */
const TOKEN = /^([\w-]{43})\.([\w-]{22})$/;
/** The use of a session is written down at most this often. */
const TOUCH_EVERY_MS = 60_000;

/** The most sessions that a node remembers. */
const SESSIONS_KNOWN = 50_000;

interface Found {
  session: Session | undefined;
}

/** Logins. The client keeps a random token; the server stores its hash only. */
export class Sessions {
  private readonly cache: ReadCache<Found>;
  /** Keys of tokens whose seal was checked. A browser sends the same token with each request. */
  private readonly keys = new LRUCache<string, string>({ max: SESSIONS_KNOWN });

  /** The name of the cookie that no other server overwrites: it is made from the secret of this database. */
  readonly cookieName: string;

  constructor(
    private readonly store: SessionsStore,
    private readonly bus: Bus,
    private readonly secret: string,
    private readonly security: SecurityLog,
    private readonly settings: { maxPerUser: number },
  ) {
    this.cookieName = `confab-${createHmac("sha256", secret).update("cookie").digest("hex").slice(0, 8)}`;
    this.cache = new ReadCache(SESSIONS_KNOWN, () => bus.isSure);
  }

  /**
   * Returns a fresh token, and never adopts one that came with the request. When the user has too many sessions, those that
   * were used longest ago end.
   * @throws Failure `invalid_credentials` when the password was changed after it had been checked
   */
  async start(
    credentials: Omit<Credentials, "isSuperuser">,
    from: Pick<Caller, "address" | "network"> & { client: string },
  ): Promise<string> {
    const token = this.makeToken();
    const { address, network } = from;
    const { id: userId, email } = credentials.user;
    const session = {
      id: Bun.randomUUIDv7(),
      key: keyOf(token),
      userId,
      passwordHash: credentials.passwordHash,
      address,
      network,
      client: printable(from.client),
    };
    const pushedOut = await this.store.create(session, this.settings.maxPerUser);
    if (!pushedOut) throw new Failure("invalid_credentials");
    publishEnded(this.bus, userId, pushedOut);
    this.security.record({ event: "login", account: email, userId, network, address });
    for (const _ of pushedOut)
      this.security.record({ event: "session_ended", userId, network, address, details: { too_many: true } });
    return token;
  }

  /** Notes that the user proved their password: acts that ask for it go on for `PROVED_MS`. */
  async prove(session: Session): Promise<void> {
    await this.store.prove(session.id);
    // Each node reads the session again.
    this.bus.publish({ kind: "session_renewed", key: session.key });
  }

  /** Gives the session a new token after its user proved their password. The old token is void, and its sockets stay. */
  async renew(session: Session): Promise<string> {
    const token = this.makeToken();
    await this.store.renew(session.id, keyOf(token));
    this.bus.publish({ kind: "session_renewed", key: session.key });
    return token;
  }

  /**
   * Whether the user proved their password within `PROVED_MS`. Asks the database before the answer is no, because
   * another node may have recorded the proof.
   */
  async isProved(session: Session): Promise<boolean> {
    if (session.isProved) return true;
    this.cache.forget(session.key);
    return (await this.store.find(session.key))?.isProved ?? false;
  }

  /** The live session of a cookie's token. */
  async find(token: string | undefined): Promise<Session | undefined> {
    const key = token === undefined ? undefined : this.keyOfOurs(token);
    if (key === undefined) return undefined;
    const { session } = await this.cache.get(key, async () => {
      const session = await this.store.find(key);
      if (session && Date.now() - session.lastUsedAt > TOUCH_EVERY_MS) await this.store.touch([session.id]);
      return { session };
    });
    return session;
  }

  /** Counts open sockets as use. Returns the ids of the sessions that have ended. */
  async touch(ids: string[]): Promise<string[]> {
    const alive = new Set(await this.store.touch(ids));
    return ids.filter((id) => !alive.has(id));
  }

  async list(session: Session): Promise<SessionInfo[]> {
    const all = await this.store.list(session.userId);
    return all.map((info) => ({ ...info, current: info.id === session.id }));
  }

  async endOne(userId: number, id: string, { network, address }: Caller): Promise<void> {
    const ended = await this.store.end(userId, id);
    if (!ended) throw new Failure("session_not_found");
    publishEnded(this.bus, userId, [ended]);
    this.security.record({ event: "session_ended", userId, network, address });
  }

  /** All of the user's sessions but this one. Returns how many ended. */
  async endOthers(session: Session, { network, address }: Caller): Promise<number> {
    const { userId } = session;
    const ended = await this.store.endOthers(userId, session.id);
    publishEnded(this.bus, userId, ended);
    this.security.record({ event: "sessions_ended", userId, network, address, details: { count: ended.length } });
    return ended.length;
  }

  /** Forgets sessions that ended or changed, here or on another node. */
  forget(keys: string[]): void {
    for (const key of keys) this.cache.forget(key);
  }

  /** Forgets all sessions, because facts about their users have changed. */
  forgetAll(): void {
    this.cache.clear();
  }

  prune(): Promise<void> {
    return this.store.prune();
  }

  private makeToken(): string {
    const random = randomBytes(32).toString("base64url");
    return `${random}.${this.seal(random)}`;
  }

  private keyOfOurs(token: string): string | undefined {
    const known = this.keys.get(token);
    if (known !== undefined || !this.isOurs(token)) return known;
    const key = keyOf(token);
    this.keys.set(token, key);
    return key;
  }

  /**
   * Whether this server made the token. The seal exposes an invented token without a query, so that invented tokens
   * can't keep the database busy.
   */
  isOurs(token: string): boolean {
    const [, random, seal] = TOKEN.exec(token) ?? [];
    return random !== undefined && seal !== undefined && equal(seal, this.seal(random));
  }

  private seal(random: string): string {
    return createHmac("sha256", this.secret).update(random).digest("base64url").slice(0, 22);
  }
}

/** Compares in constant time. */
const equal = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const keyOf = (token: string) => createHash("sha256").update(token).digest("base64url");

/** The name that a browser gives itself, as one short line. */
const printable = (text: string) =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, " ")
    .slice(0, 300);
