import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { Session } from "../../base/session.ts";
import { type CookiePrefix, cookieName, cookiesOf, SESSION_COOKIE } from "../../http/cookies.ts";
import type { Env } from "../../http/env.ts";
import { SESSION_LIFETIME_MS, type Sessions } from "./sessions.ts";

/** The cookie outlives any session: the server alone decides when one is over. */
const COOKIE_SECONDS = SESSION_LIFETIME_MS / 1000;

/** How the session's cookies are named and set. */
export interface CookieSettings {
  prefix: CookiePrefix;
  secure: "auto" | "always";
}

/** The two cookies of a session. Browsers keep one `sessionid` for all ports of a host; the second one is this database's own. */
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

  /** The tokens that came with a request, those under the name that clients know first. */
  tokens(c: Context): string[] {
    return [...cookiesOf(c, this.main), ...cookiesOf(c, this.own)];
  }

  /** The first of these tokens that a live session has. */
  async find(tokens: string[]): Promise<{ token: string; session: Session } | undefined> {
    for (const token of tokens) {
      const session = await this.sessions.find(token);
      if (session) return { token, session };
    }
    return undefined;
  }

  /** The second one outlives a login to another server on this host, whose `sessionid` takes the place of ours. */
  give(c: Context<Env>, token: string): void {
    for (const name of [this.main, this.own])
      setCookie(c, name, token, { ...this.attributes(c), maxAge: COOKIE_SECONDS });
  }

  /** Leaves cookies of another server alone. */
  clear(c: Context<Env>): void {
    const there = cookiesOf(c, this.main);
    if (there.length === 0 || there.some((token) => this.sessions.isOurs(token)))
      deleteCookie(c, this.main, this.attributes(c));
    deleteCookie(c, this.own, this.attributes(c));
  }

  /** Whether one of them can only be from this database, there such a session or not. */
  areOurs(tokens: string[]): boolean {
    return tokens.some((token) => this.sessions.isOurs(token));
  }

  private attributes(c: Context<Env>) {
    const own = { httpOnly: true, path: "/" } as const;
    // A page of another site, of an origin that is listed. Browsers keep what is Lax from it; what is partitioned they send
    // along on that site alone, so that no third one can use it.
    if (c.req.header("sec-fetch-site") === "cross-site")
      return { ...own, sameSite: "None", secure: true, partitioned: true } as const;
    const { prefix, secure } = this.settings;
    return { ...own, sameSite: "Lax", secure: prefix === "host" || secure === "always" || c.var.client.https } as const;
  }
}
