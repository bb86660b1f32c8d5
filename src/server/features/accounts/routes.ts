import type { Context } from "hono";
import { Hono } from "hono";
import { z } from "zod";
import type { NameRule } from "../../../protocol/names.ts";
import { count, userId, uuid } from "../../../protocol/text.ts";
import {
  arrival,
  confirmBody,
  loginBody,
  passwordBody,
  profile,
  profileBody,
  registerBody,
  search,
  sessionInfo,
  type User,
  user,
} from "../../../protocol/users.ts";
import { Failure } from "../../base/failure.ts";
import type { Logger } from "../../base/logger.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, sessionOf } from "../../http/env.ts";
import { json, query, sessionIdOf, whole } from "../../http/input.ts";
import type { OwnMachine } from "../../http/own-machine.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Credentials } from "./account.ts";
import { passwordLinkRoutes } from "./password-link-routes.ts";
import type { PasswordLinks } from "./password-links.ts";
import type { SessionCookies } from "./session-cookies.ts";
import type { Sessions } from "./sessions.ts";
import type { Users } from "./users.ts";
import type { WrongPasswords } from "./wrong-passwords.ts";

const USERS_MAX = 1000;

interface Services {
  users: Users;
  sessions: Sessions;
  wrongPasswords: WrongPasswords;
  limits: Pick<Limits, "register">;
  passwordLinks: PasswordLinks;
  cookies: SessionCookies;
  names: NameRule;
  logger: Logger;
  ownMachine: OwnMachine;
}

export const accountRoutes: RouteGroup<Services> = {
  path: "/api/users",
  section: {
    name: "People",
    description: "Registering, logging in, your profile and sessions, and the list of users.",
  },
  parameters: {
    userId: { schema: userId },
    sessionId: { schema: uuid.meta({ description: "A session's id." }), unknown: "session_not_found" },
  },
  routes,
};

function routes(services: Services) {
  const { users, sessions, wrongPasswords, limits, cookies, names, logger } = services;
  const app = new Hono<Env>();

  /** Starts a session in place of the one that came with the request, if one did. */
  const signIn = async (c: Context<Env>, credentials: Credentials) => {
    await endCurrent(c, sessions);
    const from = { ...c.var.client, client: c.req.header("user-agent") ?? "" };
    cookies.give(c, await sessions.start(credentials, from));
    return users.seen(credentials.user);
  };

  const aboutRegister = about({
    id: "register",
    summary: "Registers a person",
    description:
      "With `sign_in` the answer sets the session's cookie, and a session that came with the request ends. `invite` is the code of an invite link; some servers require one. Registrations are also counted by network, with or without a login. Only the first superuser, who registers with `setup_code` or `first`, gets `is_superuser` in the answer.",
    public: true,
    answers: { 201: { message: "User registered successfully", data: arrival } },
    failures: ["registration_closed", "registration_by_invite", "invite_not_found", "invite_ended", "group_full"],
  });
  app.post("/register", aboutRegister, json(registerBody(names)), async (c) => {
    // The limit of the network comes first: a network that has reached it must not use up the limit of its neighbours.
    await limits.register.network?.hit(c.var.client.network);
    await limits.register.wide?.hit(c.var.client.wide);
    const body = c.req.valid("json");
    // This comes before anything is written: a person who must try again must not find their address taken.
    if (body.sign_in && c.var.principal instanceof Failure) throw c.var.principal;
    const credentials = await users.register(body, {
      ...c.var.client,
      isHere: () => services.ownMachine.isOwnPage(c),
    });
    if (body.sign_in) await signIn(c, credentials);
    c.set("countsNot", true);
    const data = credentials.isSuperuser ? { ...credentials.user, is_superuser: true as const } : credentials.user;
    return success(c, { message: "User registered successfully", data }, 201);
  });

  const aboutLogin = about({
    id: "login",
    summary: "Logs in",
    description:
      "Attempts are also counted by account and address, and wrong passwords by network and by account, with or without a login. A session that came with the request ends.",
    public: true,
    answers: { 200: { message: "Login successful", data: arrival, cookie: "set" } },
    failures: ["invalid_credentials"],
  });
  app.post("/login", aboutLogin, json(loginBody), async (c) => {
    const { email, password } = c.req.valid("json");
    const { principal, client } = c.var;
    const signedInAs = principal instanceof Failure ? undefined : principal?.userId;
    const show = () =>
      wrongPasswords.guard({ account: { email }, signedInAs }, client, (from) =>
        users.authenticate(email, password, from),
      );
    let credentials = await show();
    let data: User;
    try {
      data = await signIn(c, credentials);
    } catch (error) {
      if (!(error instanceof Failure && error.reason === "invalid_credentials")) throw error;
      // Meanwhile another login has renewed the hash, or the password was changed.
      credentials = await show();
      data = await signIn(c, credentials);
    }
    users
      .renewHash(credentials, password, client)
      .catch((error: unknown) => logger.warn({ err: error }, "a password's hash is renewed at the next login"));
    c.set("countsNot", true);
    return success(c, {
      message: "Login successful",
      data: credentials.isSuperuser ? { ...data, is_superuser: true } : data,
    });
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
    cookies.clear(c);
    return success(c, { message: "Logout successful" });
  });

  const aboutProfile = about({ id: "getProfile", summary: "Your profile", answers: { 200: { data: profile } } });
  app.get("/profile", aboutProfile, async (c) => success(c, { data: await users.profile(sessionOf(c)) }));

  const aboutRename = about({
    id: "updateProfile",
    summary: "Changes your names, or who may add you to conversations",
    answers: { 200: { message: "Profile updated successfully", data: profile } },
  });
  app.patch("/profile", aboutRename, loggedIn, json(profileBody(names)), async (c) => {
    const { first_name: firstName, last_name: lastName, may_add_me: mayAddMe } = c.req.valid("json");
    const data = await users.changeProfile(sessionOf(c), {
      ...(firstName === undefined ? {} : { firstName }),
      ...(lastName === undefined ? {} : { lastName }),
      ...(mayAddMe === undefined ? {} : { mayAddMe }),
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
    summary: "Changes your password",
    description: "Ends all your other sessions and renews this one.",
    answers: { 200: { message: "Password changed successfully", cookie: "set" } },
  });
  app.post("/password", aboutPassword, loggedIn, json(passwordBody), async (c) => {
    const session = sessionOf(c);
    const { old_password, password } = c.req.valid("json");
    // Guessing the old password with a stolen cookie has the same limits as guessing at the login.
    const tried = { account: session, signedInAs: session.userId, field: "old_password" };
    await wrongPasswords.guard(tried, c.var.client, (from) =>
      users.changePassword(session, old_password, password, from),
    );
    cookies.give(c, await sessions.renew(session));
    return success(c, { message: "Password changed successfully" });
  });

  app.route("/password/reset", passwordLinkRoutes(services.passwordLinks, signIn));

  const aboutConfirm = about({
    id: "confirmPassword",
    summary: "Confirms your password",
    description: "Actions that can't be undone ask for it. Attempts count like logins.",
    answers: { 200: { message: "Password confirmed" } },
  });
  app.post("/confirm", aboutConfirm, loggedIn, json(confirmBody), async (c) => {
    const session = sessionOf(c);
    const tried = { account: session, signedInAs: session.userId, field: "password" };
    await wrongPasswords.guard(tried, c.var.client, (from) =>
      users.confirm(session, c.req.valid("json").password, from),
    );
    await sessions.prove(session);
    return success(c, { message: "Password confirmed" });
  });

  const aboutSessions = about({
    id: "listSessions",
    summary: "Your logins",
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
    summary: "Ends one of your logins",
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
  const { principal } = c.var;
  if (principal instanceof Failure) throw principal;
  if (principal?.kind !== "session") return false;
  try {
    await sessions.endOne(principal.userId, principal.id, c.var.client);
    return true;
  } catch (error) {
    if (error instanceof Failure && error.reason === "session_not_found") return false;
    throw error;
  }
}
