import type { Session } from "../base/session.ts";

/** A person who has signed in, in a browser or an app that keeps the cookie. A session may do all that its user may. */
export type SessionPrincipal = Session & { kind: "session" };

/**
 * The caller of a request. `identify` finds it once for each request, and everything that the request may do follows
 * from it. Another kind, such as an access token or an app, joins this union and brings the scopes that limit it.
 */
export type Principal = SessionPrincipal;

/**
 * Whether a browser sends a principal's credentials by itself, whatever page asks it to. Such requests must come from a
 * page of an allowed origin. A program has to add the credentials of all other kinds, so any origin is allowed.
 */
export const isSentByBrowsers: Readonly<Record<Principal["kind"], boolean>> = { session: true };
