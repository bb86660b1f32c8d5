import type { Context } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import type { Session } from "../../base/session.ts";
import type { Env } from "../../http/env.ts";
import { SESSION_LIFETIME_MS } from "./session-times.ts";
import type { Sessions } from "./sessions.ts";

/** The cookie outlives any session: only the server decides when a session ends. */
const COOKIE_SECONDS = SESSION_LIFETIME_MS / 1000;
/** Cookies of one name that are read. A parent domain or another path may have set some of the same name. */
const OF_ONE_NAME_MAX = 4;
const MAIN = "sessionid";

/** How the session's cookies are named and set. `host`: browsers accept them from this very host only, and only by HTTPS. */
export interface CookieSettings {
  prefix: "none" | "host";
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
    const prefix = settings.prefix === "host" ? "__Host-" : "";
    this.main = prefix + MAIN;
    this.own = prefix + sessions.cookieName;
  }

  /** The tokens of a request. Those under the name that clients know come first. */
  tokens(c: Context): string[] {
    return [...valuesOf(c, this.main), ...valuesOf(c, this.own)];
  }

  /** The first of these tokens that belongs to a live session. */
  async find(tokens: string[]): Promise<{ token: string; session: Session } | undefined> {
    for (const token of tokens) {
      const session = await this.sessions.find(token);
      if (session) return { token, session };
    }
    return undefined;
  }

  /** Sets both cookies. A login to another server on this host overwrites `sessionid`, and the second cookie stays. */
  give(c: Context<Env>, token: string): void {
    for (const name of [this.main, this.own])
      setCookie(c, name, token, { ...this.attributes(c), maxAge: COOKIE_SECONDS });
  }

  /** Deletes both cookies, but not a `sessionid` of another server. */
  clear(c: Context<Env>): void {
    const there = valuesOf(c, this.main);
    if (there.length === 0 || there.some((token) => this.sessions.isOurs(token)))
      deleteCookie(c, this.main, this.attributes(c));
    deleteCookie(c, this.own, this.attributes(c));
  }

  /** Whether this database made one of the tokens, whether its session lives or not. */
  areOurs(tokens: string[]): boolean {
    return tokens.some((token) => this.sessions.isOurs(token));
  }

  private attributes(c: Context<Env>) {
    const own = { httpOnly: true, path: "/" } as const;
    // A page of another site whose origin is listed. Browsers do not send it Lax cookies. They send a partitioned cookie on that
    // site alone, so no third site can use it.
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
