import type { Context } from "hono";
import { Hono } from "hono";
import { deleteCookie, setCookie } from "hono/cookie";
import { z } from "zod";
import { Failure } from "../domain/errors.ts";
import type { Limits } from "../domain/limits.ts";
import type { Sessions } from "../domain/sessions.ts";
import type { Users } from "../domain/users.ts";
import { parseUuid } from "../protocol/text.ts";
import { loginBody, passwordBody, profileBody, registerBody, search } from "../protocol/users.ts";
import { success } from "./answers.ts";
import { type Env, loggedIn, sessionOf } from "./env.ts";
import { json, query, whole } from "./input.ts";
import { SESSION_COOKIE } from "./middleware/identify.ts";

const USERS_MAX = 1000;
/** The cookie outlives any session (90 days at most): the server alone decides when one is over. */
const COOKIE_SECONDS = 90 * 24 * 3600;

export function userRoutes(services: {
  users: Users;
  sessions: Sessions;
  limits: Limits;
  cookieSecure: "auto" | "always";
}) {
  const { users, sessions, limits } = services;
  const app = new Hono<Env>();

  const cookie = (c: Context<Env>) =>
    ({
      httpOnly: true,
      sameSite: "Lax",
      path: "/",
      secure: services.cookieSecure === "always" || c.var.client.https,
    }) as const;
  const giveCookie = (c: Context<Env>, token: string) =>
    setCookie(c, SESSION_COOKIE, token, { ...cookie(c), maxAge: COOKIE_SECONDS });

  app.post("/register", json(registerBody), async (c) => {
    const data = await users.register(c.req.valid("json"), c.var.client.network);
    return success(c, { message: "User registered successfully", data }, 201);
  });

  app.post("/login", json(loginBody), async (c) => {
    const { email, password } = c.req.valid("json");
    // Per account and address: nobody can lock another person out.
    await limits.login?.hit(`e-mail ${email.trim().toLowerCase().slice(0, 254)} ${c.var.client.network}`);
    const credentials = await users.authenticate(email, password, c.var.client.network);
    await endCurrent(c, sessions);
    const from = { address: c.var.client.address, client: c.req.header("user-agent") ?? "" };
    giveCookie(c, await sessions.start(credentials, from));
    return success(c, { message: "Login successful", data: await users.seen(credentials.user) });
  });

  app.post("/logout", async (c) => {
    if (!(await endCurrent(c, sessions))) throw new Failure("not_logged_in");
    deleteCookie(c, SESSION_COOKIE, cookie(c));
    return success(c, { message: "Logout successful" });
  });

  app.get("/profile", async (c) => success(c, { data: await users.profile(sessionOf(c)) }));

  app.patch("/profile", loggedIn, json(profileBody), async (c) => {
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
  app.get("/list", loggedIn, query(listQuery), async (c) => {
    const { users: data, total } = await users.list(sessionOf(c), c.req.valid("query"));
    return success(c, { data, meta: { total } });
  });

  app.post("/password", loggedIn, json(passwordBody), async (c) => {
    const session = sessionOf(c);
    const { old_password, password } = c.req.valid("json");
    // Guessing the old password with a stolen cookie is held up like guessing at the login.
    await limits.login?.hit(`user ${session.userId} ${c.var.client.network}`);
    await users.changePassword(session, old_password, password, c.var.client.network);
    giveCookie(c, await sessions.renew(session));
    return success(c, { message: "Password changed successfully" });
  });

  app.get("/sessions", async (c) => success(c, { data: await sessions.list(sessionOf(c)) }));

  app.delete("/sessions/:sessionId", async (c) => {
    const { userId } = sessionOf(c);
    const id = parseUuid(c.req.param("sessionId"));
    if (id === undefined) throw new Failure("session_not_found");
    await sessions.endOne(userId, id);
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
    await sessions.endOne(session.userId, session.id);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.reason === "session_not_found") return false;
    throw error;
  }
}
