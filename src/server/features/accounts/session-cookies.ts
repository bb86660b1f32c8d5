import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { Env } from "../../http/env.ts";
import type { Session } from "../../log/ports.ts";
import { SESSION_LIFETIME_MS, type Sessions } from "./sessions.ts";

/** The cookie outlives any session: the server alone decides when one is over. */
const COOKIE_SECONDS = SESSION_LIFETIME_MS / 1000;
/** Cookies of one name that are looked at: a parent domain or another path may have set some too. */
const OF_ONE_NAME_MAX = 4;
const MAIN = "sessionid";

/** How the session's cookies are named and set. `host`: browsers take them from this very host alone, and by HTTPS. */
export interface CookieSettings {
  prefix: "none" | "host";
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
    const prefix = settings.prefix === "host" ? "__Host-" : "";
    this.main = prefix + MAIN;
    this.own = prefix + sessions.cookieName;
  }

  /** The tokens that came with a request, those under the name that clients know first. */
  tokens(c: Context): string[] {
    return [...valuesOf(c, this.main), ...valuesOf(c, this.own)];
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
    const there = valuesOf(c, this.main);
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

function valuesOf(c: Context, name: string): string[] {
  const pairs = (c.req.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  return pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .slice(0, OF_ONE_NAME_MAX)
    .map((pair) => pair.slice(name.length + 1));
}
