import { Hono } from "hono";
import { z } from "zod";
import { conversationMe, conversationMeBody, ME_LIMIT, meEntriesAt, meEntry, meKinds } from "../../../protocol/me.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, pageCursor, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Me } from "./service.ts";

interface Services {
  me: Me;
}

export const meRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/me",
  section: {
    name: "Personal settings",
    description: "Your own settings of a conversation. Nobody else sees them. All your devices get their changes.",
  },
  routes,
};

/** The entries of your own stream, by kind: what a new device loads before it follows the stream. */
export const ownStreamRoutes: RouteGroup<Services> = {
  path: "/api/chat/me",
  section: {
    name: "Your own stream",
    description:
      "Your saved messages, reminders, drafts and scheduled messages, as the `me` frames on `/ws/` show them. Load them once, then follow the frames.",
  },
  parameters: {
    kind: {
      schema: z
        .enum(Object.keys(meKinds).filter((kind) => kind !== "conversation"))
        .meta({ description: "The kind of entries, as in a `me` frame." }),
      unknown: "me_kind_not_found",
    },
  },
  routes: ownStream,
};

const entriesQuery = z.object({
  after: pageCursor("next").default("").meta({ default: undefined }),
  limit: whole(1, ME_LIMIT.max, ME_LIMIT.default),
});

function ownStream({ me }: Services) {
  const app = new Hono<Env>();

  const aboutEntries = about({
    id: "listOwnEntries",
    summary: "A page of your entries of one kind",
    description: "An entry with a higher `me_version` is newer, whether it comes from here or in a frame.",
    answers: { 200: { data: z.array(meEntry), meta: meEntriesAt } },
  });
  app.get("/:kind", aboutEntries, loggedIn, query(entriesQuery), async (c) => {
    const { data, meta } = await me.entriesOf(principalOf(c).userId, c.req.param("kind"), c.req.valid("query"));
    return successList(c, data, meta);
  });

  return app;
}

function routes({ me }: Services) {
  const app = new Hono<Env>();

  const aboutChange = about({
    id: "changeConversationMe",
    summary: "Archives, mutes or marks a conversation for you",
    description: "You may leave out any field. Fields with their present values change nothing.",
    answers: { 200: { message: "Settings saved", data: conversationMe } },
    failures: ["not_a_participant"],
  });
  app.patch("/", aboutChange, loggedIn, json(conversationMeBody), async (c) => {
    const changes = c.req.valid("json");
    const data = await me.changeConversation(principalOf(c).userId, conversationIdOf(c), changes);
    return success(c, { message: "Settings saved", data });
  });

  return app;
}
