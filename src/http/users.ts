import type { Context } from "hono";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import { Failure } from "../domain/errors.ts";
import type { Limits } from "../domain/limits.ts";
import { SESSION_LIFETIME_MS, type Sessions } from "../domain/sessions.ts";
import type { Users } from "../domain/users.ts";
import type { WrongPasswords } from "../domain/wrong-passwords.ts";
import { count } from "../protocol/text.ts";
import {
  loginBody,
  passwordBody,
  profile,
  profileBody,
  registerBody,
  search,
  sessionInfo,
  user,
} from "../protocol/users.ts";
import { success, successList } from "./answers.ts";
import { about } from "./docs/about.ts";
import { type Env, loggedIn, sessionOf } from "./env.ts";
import { json, query, sessionIdOf, whole } from "./input.ts";
import { SESSION_COOKIE } from "./middleware/identify.ts";

const USERS_MAX = 1000;
/** The cookie outlives any session: the server alone decides when one is over. */
const COOKIE_SECONDS = SESSION_LIFETIME_MS / 1000;

export function userRoutes(services: {
  users: Users;
  sessions: Sessions;
  wrongPasswords: WrongPasswords;
  limits: Pick<Limits, "register">;
  cookieSecure: "auto" | "always";
}) {
  const { users, sessions, wrongPasswords, limits } = services;
  const app = new Hono<Env>();

  const cookie = (c: Context<Env>) => {
    const own = { httpOnly: true, path: "/" } as const;
    // A page of another site, of an origin that is listed. Browsers keep what is Lax from it; what is partitioned they send
    // along on that site alone, so that no third one can use it.
    if (c.req.header("sec-fetch-site") === "cross-site")
      return { ...own, sameSite: "None", secure: true, partitioned: true } as const;
    return { ...own, sameSite: "Lax", secure: services.cookieSecure === "always" || c.var.client.https } as const;
  };
  // The second one outlives a login to another server on this host, whose `sessionid` takes the place of ours.
  const giveCookies = (c: Context<Env>, token: string) => {
    for (const name of [SESSION_COOKIE, sessions.cookieName])
      setCookie(c, name, token, { ...cookie(c), maxAge: COOKIE_SECONDS });
  };
  /** Leaves cookies of another server alone. */
  const clearCookies = (c: Context<Env>) => {
    const there = getCookie(c, SESSION_COOKIE);
    if (there === undefined || sessions.isOurs(there)) deleteCookie(c, SESSION_COOKIE, cookie(c));
    deleteCookie(c, sessions.cookieName, cookie(c));
  };

  const aboutRegister = about({
    id: "register",
    summary: "Registers a person",
    description: "It does not log in. Registrations are also counted by network, signed in or not.",
    public: true,
    answers: { 201: { message: "User registered successfully", data: user } },
    failures: ["registration_closed"],
  });
  app.post("/register", aboutRegister, json(registerBody), async (c) => {
    await limits.register?.hit(c.var.client.network);
    const data = await users.register(c.req.valid("json"), c.var.client);
    c.set("countsNot", true);
    return success(c, { message: "User registered successfully", data }, 201);
  });

  const aboutLogin = about({
    id: "login",
    summary: "Logs in",
    description:
      "Tries are also counted by account and address, and wrong passwords by network and by account, signed in or not. A session that came with the request ends.",
    public: true,
    answers: { 200: { message: "Login successful", data: user, cookie: "set" } },
    failures: ["invalid_credentials"],
  });
  app.post("/login", aboutLogin, json(loginBody), async (c) => {
    const { email, password } = c.req.valid("json");
    const { session, client } = c.var;
    const signedInAs = session instanceof Failure ? undefined : session?.userId;
    const credentials = await wrongPasswords.guard({ account: { email }, signedInAs }, client, (from) =>
      users.authenticate(email, password, from),
    );
    await endCurrent(c, sessions);
    giveCookies(c, await sessions.start(credentials, { ...client, client: c.req.header("user-agent") ?? "" }));
    c.set("countsNot", true);
    return success(c, { message: "Login successful", data: await users.seen(credentials.user) });
  });

  const aboutLogout = about({
    id: "logout",
    summary: "Logs out",
    description: "Ends the session and its sockets everywhere.",
    public: true,
    answers: { 200: { message: "Logout successful", cookie: "cleared" } },
    failures: ["not_logged_in"],
  });
  app.post("/logout", aboutLogout, async (c) => {
    if (!(await endCurrent(c, sessions))) throw new Failure("not_logged_in");
    clearCookies(c);
    return success(c, { message: "Logout successful" });
  });

  const aboutProfile = about({ id: "getProfile", summary: "Oneself", answers: { 200: { data: profile } } });
  app.get("/profile", aboutProfile, async (c) => success(c, { data: await users.profile(sessionOf(c)) }));

  const aboutRename = about({
    id: "updateProfile",
    summary: "Changes one's names",
    answers: { 200: { message: "Profile updated successfully", data: user } },
  });
  app.patch("/profile", aboutRename, loggedIn, json(profileBody), async (c) => {
    const { first_name: firstName, last_name: lastName } = c.req.valid("json");
    const data = await users.rename(sessionOf(c), {
      ...(firstName === undefined ? {} : { firstName }),
      ...(lastName === undefined ? {} : { lastName }),
    });
    return success(c, { message: "Profile updated successfully", data });
  });

  const listQuery = z.object({
    search: search.default(""),
    limit: whole(1, USERS_MAX, USERS_MAX),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  const aboutList = about({
    id: "listUsers",
    summary: "Everyone else, newest first",
    answers: { 200: { data: z.array(user), meta: z.object({ total: count }) } },
  });
  app.get("/list", aboutList, loggedIn, query(listQuery), async (c) => {
    const { users: data, total } = await users.list(sessionOf(c), c.req.valid("query"));
    return successList(c, data, { total });
  });

  const aboutPassword = about({
    id: "changePassword",
    summary: "Changes one's password",
    description: "Ends all one's other sessions, and renews this one.",
    answers: { 200: { message: "Password changed successfully", cookie: "set" } },
  });
  app.post("/password", aboutPassword, loggedIn, json(passwordBody), async (c) => {
    const session = sessionOf(c);
    const { old_password, password } = c.req.valid("json");
    // Guessing the old password with a stolen cookie is held up like guessing at the login.
    const tried = { account: session, signedInAs: session.userId, field: "old_password" };
    await wrongPasswords.guard(tried, c.var.client, (from) =>
      users.changePassword(session, old_password, password, from),
    );
    giveCookies(c, await sessions.renew(session));
    return success(c, { message: "Password changed successfully" });
  });

  const aboutSessions = about({
    id: "listSessions",
    summary: "One's own logins",
    answers: { 200: { data: z.array(sessionInfo) } },
  });
  app.get("/sessions", aboutSessions, async (c) => success(c, { data: await sessions.list(sessionOf(c)) }));

  const aboutEndOthers = about({
    id: "endOtherSessions",
    summary: "Ends all your other logins",
    answers: { 200: { message: "Sessions ended", meta: z.object({ ended: count }) } },
  });
  app.delete("/sessions", aboutEndOthers, async (c) => {
    const ended = await sessions.endOthers(sessionOf(c), c.var.client);
    return success(c, { message: "Sessions ended", meta: { ended } });
  });

  const aboutEnd = about({
    id: "endSession",
    summary: "Ends one of one's own logins",
    answers: { 200: { message: "Session ended" } },
  });
  app.delete("/sessions/:sessionId", aboutEnd, async (c) => {
    const { userId } = sessionOf(c);
    await sessions.endOne(userId, sessionIdOf(c), c.var.client);
    return success(c, { message: "Session ended" });
  });

  return app;
}

/** Ends the session that came with the request, if one did. */
async function endCurrent(c: Context<Env>, sessions: Sessions): Promise<boolean> {
  const { session } = c.var;
  if (session instanceof Failure) throw session;
  if (!session) return false;
  try {
    await sessions.endOne(session.userId, session.id, c.var.client);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.reason === "session_not_found") return false;
    throw error;
  }
}
