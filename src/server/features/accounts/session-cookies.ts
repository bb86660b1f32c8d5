import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { Session } from "../../base/session.ts";
import { type CookiePrefix, cookieName, cookiesOf, SESSION_COOKIE } from "../../http/cookies.ts";
import type { Env } from "../../http/env.ts";
import { wantsPage } from "../../http/pages/navigation.ts";
import { SESSION_LIFETIME_MS } from "./session-times.ts";
import type { Sessions } from "./sessions.ts";

/** The cookie outlives any session: only the server decides when a session ends. */
const COOKIE_SECONDS = SESSION_LIFETIME_MS / 1000;

/** How the session's cookies are named and set. */
export interface CookieSettings {
  prefix: CookiePrefix;
  secure: "auto" | "always";
}

/** The two cookies of a session. Browsers keep one `sessionid` for all ports of a host; the second belongs to this database alone. */
export class SessionCookies {
  /** The name that clients know. */
  readonly main: string;
  private readonly own: string;

  constructor(
    private readonly sessions: Sessions,
    private readonly settings: CookieSettings,
  ) {
    this.main = cookieName(settings.prefix, SESSION_COOKIE);
    this.own = cookieName(settings.prefix, sessions.cookieName);
  }

  /** The tokens of a request. Those under the name that clients know come first. */
  tokens(c: Context): string[] {
    return [...cookiesOf(c, this.main), ...cookiesOf(c, this.own)];
  }

  /** The first of these tokens that belongs to a live session. */
  async find(tokens: string[]): Promise<{ token: string; session: Session } | undefined> {
    for (const token of tokens) {
      const session = await this.sessions.find(token);
      if (session) return { token, session };
    }
    return undefined;
  }

  /**
   * The same for an address that only some people may open. While the database is away, a person's browser gets the
   * failure, and programs count as signed out.
   */
  async findFor(c: Context<Env>) {
    try {
      return await this.find(this.tokens(c));
    } catch (error) {
      if (wantsPage(c.req.raw)) throw error;
      return undefined;
    }
  }

  /** Sets both cookies. A login to another server on this host overwrites `sessionid`, and the second cookie stays. */
  give(c: Context<Env>, token: string): void {
    for (const name of [this.main, this.own])
      setCookie(c, name, token, { ...this.attributes(c), maxAge: COOKIE_SECONDS });
  }

  /** Deletes both cookies, but not a `sessionid` of another server. */
  clear(c: Context<Env>): void {
    const there = cookiesOf(c, this.main);
    if (there.length === 0 || there.some((token) => this.sessions.isOurs(token)))
      deleteCookie(c, this.main, this.attributes(c));
    deleteCookie(c, this.own, this.attributes(c));
  }

  /** Whether this database made one of the tokens. The token's session may have ended. */
  areOurs(tokens: string[]): boolean {
    return tokens.some((token) => this.sessions.isOurs(token));
  }

  private attributes(c: Context<Env>) {
    const own = { httpOnly: true, path: "/" } as const;
    // The request comes from a page of another site, whose origin is listed. Browsers attach no Lax cookies to it. They
    // attach a partitioned cookie on that site alone, so no third site can use the cookie.
    if (c.req.header("sec-fetch-site") === "cross-site")
      return { ...own, sameSite: "None", secure: true, partitioned: true } as const;
    const { prefix, secure } = this.settings;
    return { ...own, sameSite: "Lax", secure: prefix === "host" || secure === "always" || c.var.client.https } as const;
  }
}
