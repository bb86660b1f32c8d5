import { Hono } from "hono";
import { z } from "zod";
import { adminUser, adminUserDetail, changeUserBody, LISTED_MOST, listMeta } from "../../../../protocol/admin.ts";
import { count } from "../../../../protocol/text.ts";
import { search } from "../../../../protocol/users.ts";
import { about } from "../../../http/about.ts";
import { success, successList } from "../../../http/answers.ts";
import { type Env, requireProof } from "../../../http/env.ts";
import { json, optionalFlag, query, sessionIdOf, userIdOf, whole } from "../../../http/input.ts";
import type { Administration } from "../service.ts";
import { adminOf } from "./superusers.ts";

const USERS_LIMIT = { default: 50, max: 1000 };

export function userRoutes(administration: Administration) {
  const app = new Hono<Env>();

  const listQuery = z.object({
    search: search.default(""),
    active: optionalFlag,
    superuser: optionalFlag,
    limit: whole(1, USERS_LIMIT.max, USERS_LIMIT.default),
    offset: whole(0, LISTED_MOST, 0),
  });
  const aboutList = about({
    id: "adminListUsers",
    summary: "All users, newest first",
    superusers: true,
    answers: { 200: { data: z.array(adminUser), meta: listMeta } },
  });
  app.get("/", aboutList, query(listQuery), async (c) => {
    const { active: isActive, superuser: isSuperuser, ...page } = c.req.valid("query");
    const { users: data, total, isExact } = await administration.users.list({ ...page, isActive, isSuperuser });
    return successList(c, data, { total, total_exact: isExact });
  });

  const aboutUser = about({
    id: "adminGetUser",
    summary: "A user, with counts and sessions",
    description: "Looking at another user is written to the audit log, once an hour for each admin and user.",
    superusers: true,
    answers: { 200: { data: adminUserDetail } },
    failures: ["user_not_found"],
  });
  app.get("/:userId", aboutUser, async (c) =>
    success(c, { data: await administration.users.detail(adminOf(c), userIdOf(c, "user_not_found")) }),
  );

  const aboutChange = about({
    id: "adminChangeUser",
    summary: "Deactivates or reactivates a user, or grants or revokes superuser rights",
    description:
      "Deactivating a person ends all their sessions at once. Their messages stay, and their e-mail address stays taken. Every change but a reactivation needs a password that was entered within 15 minutes.",
    superusers: true,
    answers: { 200: { message: "User updated successfully", data: adminUser } },
    failures: ["user_not_found", "own_account", "confirmation_required"],
  });
  app.patch("/:userId", aboutChange, json(changeUserBody), async (c) => {
    const { is_active: isActive, is_superuser: isSuperuser } = c.req.valid("json");
    const id = userIdOf(c, "user_not_found");
    if (isActive === false || isSuperuser !== undefined) await requireProof(c);
    const data = await administration.users.change(adminOf(c), id, { isActive, isSuperuser });
    return success(c, { message: "User updated successfully", data });
  });

  const aboutEndAll = about({
    id: "adminEndSessions",
    summary: "Ends all sessions of a user",
    superusers: true,
    answers: { 200: { message: "Sessions ended", meta: z.object({ ended: count }) } },
    failures: ["user_not_found"],
  });
  app.delete("/:userId/sessions", aboutEndAll, async (c) => {
    const ended = await administration.users.endSessions(adminOf(c), userIdOf(c, "user_not_found"));
    return success(c, { message: "Sessions ended", meta: { ended } });
  });

  const aboutEnd = about({
    id: "adminEndSession",
    summary: "Ends a session of a user",
    superusers: true,
    answers: { 200: { message: "Session ended" } },
    failures: ["user_not_found"],
  });
  app.delete("/:userId/sessions/:sessionId", aboutEnd, async (c) => {
    await administration.users.endSessions(adminOf(c), userIdOf(c, "user_not_found"), sessionIdOf(c));
    return success(c, { message: "Session ended" });
  });

  return app;
}
