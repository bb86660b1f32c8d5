import { createHash, randomBytes } from "node:crypto";
import type { SessionInfo } from "../protocol/users.ts";
import type { Bus } from "./bus.ts";
import { Failure } from "./errors.ts";
import type { Session, SessionStore } from "./ports.ts";
import { ReadCache } from "./read-cache.ts";

/** 256 bits, base64url. */
const TOKEN = /^[\w-]{43}$/;
/** A session's use is written down at most this often. */
const TOUCH_EVERY_MS = 60_000;

interface Found {
  session: Session | undefined;
}

/** Logins: a random token the client keeps, of which only a hash is stored. */
export class Sessions {
  private readonly cache = new ReadCache<Found>({ max: 50_000 });

  constructor(
    private readonly store: SessionStore,
    private readonly bus: Bus,
  ) {}

  /** A fresh token at every login; one that came with the request is never adopted. */
  async start(userId: number, from: { address: string; client: string }): Promise<{ id: string; token: string }> {
    const token = randomBytes(32).toString("base64url");
    const id = Bun.randomUUIDv7();
    await this.store.create({ id, key: keyOf(token), userId, address: from.address, client: printable(from.client) });
    return { id, token };
  }

  /** The live session of a cookie's token. */
  async find(token: string | undefined): Promise<Session | undefined> {
    if (token === undefined || !TOKEN.test(token)) return undefined;
    const key = keyOf(token);
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

  async endOne(userId: number, id: string): Promise<void> {
    if (!(await this.end(userId, { only: id }))) throw new Failure("session_not_found");
  }

  async endOthers(session: Session): Promise<void> {
    await this.end(session.userId, { except: session.id });
  }

  async endAll(userId: number): Promise<void> {
    await this.end(userId, "all");
  }

  /** Forgets what this node believes of sessions that ended here or on another node. */
  forget(keys: string[]): void {
    for (const key of keys) this.cache.forget(key);
  }

  prune(): Promise<void> {
    return this.store.prune();
  }

  private async end(userId: number, which: Parameters<SessionStore["end"]>[1]): Promise<boolean> {
    const sessions = await this.store.end(userId, which);
    if (sessions.length > 0) this.bus.publish({ kind: "sessions_ended", userId, sessions });
    return sessions.length > 0;
  }
}

const keyOf = (token: string) => createHash("sha256").update(token).digest("base64url");

/** What a browser calls itself, as one short line. */
const printable = (text: string) =>
  text
    .toWellFormed()
    .replace(/\p{Cc}/gu, " ")
    .slice(0, 300);
