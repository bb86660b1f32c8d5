import { Hono } from "hono";
import { addedUser, addUserBody, passwordLink } from "../../../../protocol/admin.ts";
import type { NameRule } from "../../../../protocol/names.ts";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import { type Env, recentlyProved, requireProof } from "../../../http/env.ts";
import { json, userIdOf } from "../../../http/input.ts";
import type { OriginOf } from "../../../http/requester.ts";
import type { PasswordLinks } from "../../accounts/password-links.ts";
import { adminOf } from "./superusers.ts";

/** Links for people without a password, or who have forgotten it. */
export function passwordLinkRoutes(services: { passwordLinks: PasswordLinks; originOf: OriginOf; names: NameRule }) {
  const { passwordLinks, originOf, names } = services;
  const app = new Hono<Env>();

  const aboutAdd = about({
    id: "adminAddUser",
    summary: "Adds a person, who sets a password by the link in the answer",
    description:
      "Works even where registration is closed. The link works once, for 7 days. Adding a superuser needs a password that was entered within 15 minutes.",
    superusers: true,
    answers: { 201: { message: "User added successfully", data: addedUser } },
    failures: ["confirmation_required"],
  });
  app.post("/", aboutAdd, json(addUserBody(names)), async (c) => {
    const body = c.req.valid("json");
    if (body.is_superuser) await requireProof(c);
    const { client } = c.var;
    const data = await passwordLinks.addUser(adminOf(c), body, client, originOf(client));
    return success(c, { message: "User added successfully", data }, 201);
  });

  const aboutReset = about({
    id: "adminMakeResetLink",
    summary: "Makes a link by which a person sets a new password",
    description:
      "It works once, for 24 hours, and voids the earlier links of this person. It needs a password that was entered within 15 minutes.",
    superusers: true,
    answers: { 201: { message: "Reset link created successfully", data: passwordLink } },
    failures: ["user_not_found", "user_inactive", "confirmation_required"],
  });
  app.post("/:userId/reset-link", aboutReset, recentlyProved, async (c) => {
    const id = userIdOf(c, "user_not_found");
    const data = await passwordLinks.make(adminOf(c), id, originOf(c.var.client));
    return success(c, { message: "Reset link created successfully", data }, 201);
  });

  return app;
}
