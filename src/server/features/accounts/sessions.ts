import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { SessionInfo } from "../../../protocol/users.ts";
import { ReadCache } from "../../base/cache.ts";
import type { Caller } from "../../base/caller.ts";
import { Failure } from "../../base/failure.ts";
import type { SecurityLog } from "../../base/security-log.ts";
import type { Session } from "../../base/session.ts";
import type { Bus } from "../../bus/bus.ts";
import type { SessionStore } from "../../log/ports.ts";
import { publishEnded } from "./ended-sessions.ts";
import type { Credentials } from "./users.ts";

/** 256 random bits and their seal, base64url. */
const TOKEN = /^([\w-]{43})\.([\w-]{22})$/;
/** CONTRACT §2: so long after the last use a session ends, and so long after its beginning in any case. */
export const SESSION_IDLE_MS = 14 * 24 * 3_600_000;
export const SESSION_LIFETIME_MS = 90 * 24 * 3_600_000;
/** For so long after a password was shown, acts that can't be undone don't ask for it again. */
export const PROVED_MS = 15 * 60_000;
/** A session's use is written down at most this often. */
const TOUCH_EVERY_MS = 60_000;

/** Sessions that a node has in mind. */
const SESSIONS_KNOWN = 50_000;

interface Found {
  session: Session | undefined;
}

/** Logins: a random token the client keeps, of which only a hash is stored. */
export class Sessions {
  private readonly cache: ReadCache<Found>;
  /** Keys of tokens whose seal was looked at: a browser sends the same one with each request. */
  private readonly keys = new LRUCache<string, string>({ max: SESSIONS_KNOWN });

  /** The cookie that no other server's takes the place of: its name is that of this database. */
  readonly cookieName: string;

  constructor(
    private readonly store: SessionStore,
    private readonly bus: Bus,
    private readonly secret: string,
    private readonly security: SecurityLog,
    private readonly settings: { maxPerUser: number },
  ) {
    this.cookieName = `confab-${createHmac("sha256", secret).update("cookie").digest("hex").slice(0, 8)}`;
    this.cache = new ReadCache(SESSIONS_KNOWN, () => bus.isSure);
  }

  /**
   * Returns a fresh token; one that came with the request is never adopted. The user's session that was used longest ago
   * ends where there are too many.
   * @throws Failure invalid_credentials when the password was changed after it had been checked
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

  /** The password was shown in this session: acts that ask for it go on for a while. */
  async prove(session: Session): Promise<void> {
    await this.store.prove(session.id);
    // So that each node reads it anew.
    this.bus.publish({ kind: "session_renewed", key: session.key });
  }

  /** After the password was shown. Returns a new token for the session, which goes on: its old one is void, its sockets stay. */
  async renew(session: Session): Promise<string> {
    const token = this.makeToken();
    await this.store.renew(session.id, keyOf(token));
    this.bus.publish({ kind: "session_renewed", key: session.key });
    return token;
  }

  /** Whether the password was shown in the session lately. Asks the database before it says no: another node may know. */
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

  /** Forgets what this node believes of sessions that ended here or on another node. */
  forget(keys: string[]): void {
    for (const key of keys) this.cache.forget(key);
  }

  /** Forgets everything believed: what a session says of its user has changed. */
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

  /** Whether this server has made the token. An invented one is seen to be one without a look into the database, which would let anybody keep it busy. */
  isOurs(token: string): boolean {
    const [, random, seal] = TOKEN.exec(token) ?? [];
    return random !== undefined && seal !== undefined && equal(seal, this.seal(random));
  }

  private seal(random: string): string {
    return createHmac("sha256", this.secret).update(random).digest("base64url").slice(0, 22);
  }
}

/** Compared in constant time. */
const equal = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));

const keyOf = (token: string) => createHash("sha256").update(token).digest("base64url");

/** What a browser calls itself, as one short line. */
const printable = (text: string) =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, " ")
    .slice(0, 300);
