import { Hono } from "hono";
import { z } from "zod";
import { SAVED_LIMIT, savedBody, savedMessage, savedState } from "../../../protocol/saved.ts";
import { count, id, uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { json, messageIdOf, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Saved } from "./service.ts";

interface Services {
  saved: Saved;
}

export const savedRoutes: RouteGroup<Services> = {
  path: "/api/chat/saved",
  section: {
    name: "Saved messages",
    description: "Messages that you keep for later, with a note and a reminder. Nobody else sees them.",
  },
  parameters: {
    messageId: { schema: uuid.meta({ description: "A message's id." }), unknown: "message_not_found" },
  },
  routes,
};

const listQuery = z.object({
  before: whole(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).meta({
    description: "Only those with a lower `saved_version`.",
    default: undefined,
  }),
  limit: whole(1, SAVED_LIMIT.max, SAVED_LIMIT.default),
});

function routes({ saved }: Services) {
  const app = new Hono<Env>();

  const aboutList = about({
    id: "listSaved",
    summary: "Your saved messages, newest first",
    description: "A message that was deleted shows as deleted. A message that you may not read any more is left out.",
    answers: { 200: { data: z.array(savedMessage), meta: z.object({ total: count }) } },
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { items, total } = await saved.list(principalOf(c).userId, c.req.valid("query"));
    return successList(c, items, { total });
  });

  const aboutSave = about({
    id: "saveMessage",
    summary: "Saves a message, or changes its note or reminder",
    description: "A repeat changes nothing. At `remind_at` you get a `me` frame of the kind `reminder`.",
    answers: { 200: { message: "Message saved", data: savedState.extend({ message_id: id }) } },
    failures: ["too_many_saved"],
  });
  app.put("/:messageId", aboutSave, loggedIn, json(savedBody), async (c) => {
    const data = await saved.save(principalOf(c).userId, messageIdOf(c), c.req.valid("json"));
    return success(c, { message: "Message saved", data });
  });

  const aboutRemove = about({
    id: "removeSaved",
    summary: "Removes a message from your saved ones",
    description: "Its reminder ends too.",
    answers: { 200: { message: "Message no longer saved" } },
    failures: ["saved_not_found"],
  });
  app.delete("/:messageId", aboutRemove, loggedIn, async (c) => {
    await saved.remove(principalOf(c).userId, messageIdOf(c));
    return success(c, { message: "Message no longer saved" });
  });

  return app;
}
