import { Hono } from "hono";
import type { PasswordLinks } from "../../domain/password-links.ts";
import { addedUser, addUserBody, passwordLink } from "../../protocol/admin.ts";
import type { NameRule } from "../../protocol/names.ts";
import { success } from "../answers.ts";
import type { OriginOf } from "../client.ts";
import { about } from "../docs/about.ts";
import type { Env } from "../env.ts";
import { json, userIdOf } from "../input.ts";
import { adminOf } from "./env.ts";

/** What lets a person in who has no password, or has forgotten it. */
export function adminLinkRoutes(services: { passwordLinks: PasswordLinks; originOf: OriginOf; names: NameRule }) {
  const { passwordLinks, originOf, names } = services;
  const app = new Hono<Env>();

  const aboutAdd = about({
    id: "adminAddUser",
    summary: "Adds a person, who sets a password by the link in the answer",
    description: "Whoever may register. The link works once, for 7 days.",
    superusers: true,
    answers: { 201: { message: "User added successfully", data: addedUser } },
  });
  app.post("/", aboutAdd, json(addUserBody(names)), async (c) => {
    const { client } = c.var;
    const data = await passwordLinks.addUser(adminOf(c), c.req.valid("json"), client, originOf(client));
    return success(c, { message: "User added successfully", data }, 201);
  });

  const aboutReset = about({
    id: "adminMakeResetLink",
    summary: "Makes a link by which a person sets a new password",
    description: "It works once, for 24 hours, and voids the earlier links of this person.",
    superusers: true,
    answers: { 201: { message: "Reset link created successfully", data: passwordLink } },
    failures: ["user_not_found", "user_inactive"],
  });
  app.post("/:userId/reset-link", aboutReset, async (c) => {
    const id = userIdOf(c, "user_not_found");
    const data = await passwordLinks.make(adminOf(c), id, originOf(c.var.client));
    return success(c, { message: "Reset link created successfully", data }, 201);
  });

  return app;
}
