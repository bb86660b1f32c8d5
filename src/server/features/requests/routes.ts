import { Hono } from "hono";
import { z } from "zod";
import { conversation } from "../../../protocol/conversations.ts";
import { request } from "../../../protocol/requests.ts";
import { count, uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { idIn, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Requests } from "./service.ts";

const REQUESTS_LIMIT = { default: 50, max: 100 };

interface Services {
  requests: Requests;
}

export const requestRoutes: RouteGroup<Services> = {
  path: "/api/chat/requests",
  section: {
    name: "Requests",
    description: "From people who want to write to you, or to add you to a group, and need your consent.",
  },
  parameters: {
    requestId: { schema: uuid.meta({ description: "A request's id." }), unknown: "request_not_found" },
  },
  routes,
};

const requestIdOf = idIn("requestId", "request_not_found");

function routes({ requests }: Services) {
  const app = new Hono<Env>();

  const listQuery = z.object({
    limit: whole(1, REQUESTS_LIMIT.max, REQUESTS_LIMIT.default),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  const aboutList = about({
    id: "listRequests",
    summary: "Requests that wait for your answer, newest first",
    description:
      "They come from people whom `may_add_me` in your profile does not let add you at once. `total` is 1,000 at most.",
    answers: { 200: { data: z.array(request), meta: z.object({ total: count }) } },
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { requests: data, total } = await requests.list(principalOf(c).userId, c.req.valid("query"));
    return successList(c, data, { total });
  });

  const aboutAccept = about({
    id: "acceptRequest",
    summary: "Accepts a request",
    description: "Makes the 1-on-1, or joins the group.",
    answers: { 200: { message: "Request accepted", data: conversation } },
    failures: ["removed_from_group", "validation_failed"],
  });
  app.post("/:requestId/accept", aboutAccept, async (c) => {
    const data = await requests.accept(principalOf(c).userId, requestIdOf(c));
    return success(c, { message: "Request accepted", data });
  });

  const aboutDecline = about({
    id: "declineRequest",
    summary: "Declines a request",
    description: "The sender is not told, and can't send the same request again.",
    answers: { 200: { message: "Request declined" } },
  });
  app.delete("/:requestId", aboutDecline, async (c) => {
    await requests.decline(principalOf(c).userId, requestIdOf(c));
    return success(c, { message: "Request declined" });
  });

  return app;
}
