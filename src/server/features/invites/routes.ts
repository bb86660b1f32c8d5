import { Hono } from "hono";
import { z } from "zod";
import { LISTED_MOST, listMeta } from "../../../protocol/admin.ts";
import { conversation } from "../../../protocol/conversations.ts";
import { createInviteBody, invite, inviteCode, invitePreview } from "../../../protocol/invites.ts";
import { uuid } from "../../../protocol/text.ts";
import { Failure } from "../../base/failure.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { json, query, whole } from "../../http/input.ts";
import type { OriginOf } from "../../http/requester.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Invites } from "./service.ts";

const INVITES_LIMIT = { default: 50, max: 200 };

interface Services {
  invites: Invites;
  limits: Limits;
  originOf: OriginOf;
}

export const inviteRoutes: RouteGroup<Services> = {
  path: "/api/invites",
  section: { name: "Invites", description: "Links that let people join the server or a group." },
  parameters: { code: { schema: inviteCode, unknown: "invite_not_found" } },
  routes,
};

function routes(services: Services) {
  const { invites, limits, originOf } = services;
  const app = new Hono<Env>();

  const aboutCreate = about({
    id: "createInvite",
    summary: "Makes an invite link",
    description: "Members of a group can make links to it. Superusers can also make links to the server alone.",
    answers: { 201: { message: "Invite created successfully", data: invite } },
    failures: ["conversation_not_found", "not_a_group", "too_many_invites", "path_not_found"],
  });
  app.post("/", aboutCreate, loggedIn, json(createInviteBody), async (c) => {
    const from = { client: c.var.client, origin: originOf(c.var.client) };
    const data = await invites.create(principalOf(c), c.req.valid("json"), from);
    return success(c, { message: "Invite created successfully", data }, 201);
  });

  const listQuery = z.object({
    conversation_id: uuid.optional(),
    limit: whole(1, INVITES_LIMIT.max, INVITES_LIMIT.default),
    offset: whole(0, LISTED_MOST, 0),
  });
  const aboutList = about({
    id: "listInvites",
    summary: "Invite links, newest first",
    description:
      "Your own links; superusers get all. With `conversation_id`, members get all links of that group. Links that have ended are kept for 90 days.",
    answers: { 200: { data: z.array(invite), meta: listMeta } },
    failures: ["conversation_not_found"],
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { conversation_id: conversationId, ...page } = c.req.valid("query");
    const asked = { ...page, conversationId };
    const { invites: data, total, isExact } = await invites.list(principalOf(c), asked, originOf(c.var.client));
    return successList(c, data, { total, total_exact: isExact });
  });

  const aboutPreview = about({
    id: "getInvite",
    summary: "Shows where an invite link leads",
    description:
      "For everybody who has the link. Only wrong codes count as requests without a login. Right ones have a limit of their own, equal to a user's.",
    public: true,
    answers: { 200: { data: invitePreview } },
    failures: ["invite_not_found"],
  });
  app.get("/:code", aboutPreview, async (c) => {
    const data = await invites.preview(c.req.param("code"));
    const { principal, client } = c.var;
    if (!principal || principal instanceof Failure) {
      // A caller with a right code does not guess, and many people in one office may open a link at once. So these
      // requests count like the requests of one user, because each costs the database as much.
      await limits.anonymous?.store.decrement(client.network);
      await limits.user?.hit(`invites ${client.network}`);
    }
    return success(c, { data });
  });

  const aboutAccept = about({
    id: "acceptInvite",
    summary: "Joins a group by its invite link",
    description: "Members get the same answer, and the link does not count as used. A 410 says why a link has ended.",
    answers: { 200: { data: z.object({ conversation: conversation.nullable() }) } },
    failures: ["invite_not_found", "invite_ended", "removed_from_group", "group_full", "conversation_not_found"],
  });
  app.post("/:code/accept", aboutAccept, async (c) => {
    const joined = await invites.accept(principalOf(c).userId, c.req.param("code"));
    return success(c, { data: { conversation: joined } });
  });

  const aboutRevoke = about({
    id: "revokeInvite",
    summary: "Revokes an invite link",
    description: "The link's maker, the group's owner and superusers may revoke it. People who joined by it stay.",
    answers: { 200: { message: "Invite revoked" } },
    failures: ["invite_not_found", "not_your_invite", "path_not_found"],
  });
  app.delete("/:code", aboutRevoke, async (c) => {
    await invites.revoke(principalOf(c), c.req.param("code"), c.var.client);
    return success(c, { message: "Invite revoked" });
  });

  return app;
}
