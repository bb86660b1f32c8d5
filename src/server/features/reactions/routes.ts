import { type Context, Hono } from "hono";
import { z } from "zod";
import { message } from "../../../protocol/messages.ts";
import { MINE_LIMIT, ownReactions, REACTED_LIMIT, reactedPage, sentEmoji } from "../../../protocol/reactions.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, messageIdOf, optionalCounter, pageCursor, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Reactions } from "./service.ts";

interface Services {
  reactions: Reactions;
}

const section = { name: "Reactions", description: "Emoji that people put on messages." };

export const reactionRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/messages/:messageId/reactions",
  section,
  parameters: {
    emoji: {
      schema: sentEmoji.meta({ description: "One emoji, or its name, such as `:thumbsup:`; percent-encoded." }),
    },
  },
  routes,
};

export const ownReactionRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/reactions",
  section,
  routes: ownRoutes,
};

function routes({ reactions }: Services) {
  const app = new Hono<Env>();

  const set = async (c: Context<Env>, on: boolean) => {
    const place = { conversationId: conversationIdOf(c), messageId: messageIdOf(c), userId: principalOf(c).userId };
    return (await reactions.set({ ...place, emoji: c.req.param("emoji") ?? "", on })).message;
  };

  const failures = ["not_a_participant", "not_an_emoji", "message_deleted"] as const;
  const aboutSet = about({
    id: "react",
    summary: "Reacts to a message",
    description:
      "A repeat changes nothing. A message can have 20 different emoji. Each user can set and take back 200 reactions a minute, unless the server is set otherwise.",
    answers: { 200: { message: "Reaction set", data: message } },
    failures: [...failures, "too_many_reactions"],
  });
  app.put("/:emoji", aboutSet, loggedIn, async (c) =>
    success(c, { message: "Reaction set", data: await set(c, true) }),
  );

  const aboutTakeBack = about({
    id: "takeReactionBack",
    summary: "Takes your reaction to a message back",
    description: "A repeat changes nothing.",
    answers: { 200: { message: "Reaction taken back", data: message } },
    failures: [...failures],
  });
  app.delete("/:emoji", aboutTakeBack, loggedIn, async (c) =>
    success(c, { message: "Reaction taken back", data: await set(c, false) }),
  );

  const reactedQuery = z.object({
    emoji: sentEmoji.optional().meta({ description: "Only the people who have reacted with this emoji." }),
    after: pageCursor("next_after").optional(),
    limit: whole(1, REACTED_LIMIT.max, REACTED_LIMIT.default),
  });
  const aboutReacted = about({
    id: "listReactions",
    summary: "The people who have reacted to a message",
    description: "With today's names. The message itself has the first people of each emoji.",
    answers: { 200: { data: reactedPage } },
    failures: ["not_a_participant", "not_an_emoji"],
  });
  app.get("/", aboutReacted, loggedIn, query(reactedQuery), async (c) => {
    const { emoji, after, limit } = c.req.valid("query");
    const conversationId = conversationIdOf(c);
    const page = { emoji, after, limit };
    return success(c, { data: await reactions.reacted(principalOf(c).userId, conversationId, messageIdOf(c), page) });
  });

  return app;
}

function ownRoutes({ reactions }: Services) {
  const app = new Hono<Env>();
  const mineQuery = z.object({
    after_seq: whole(0, Number.MAX_SAFE_INTEGER, 0).meta({ description: "Messages after this `seq`." }),
    before_seq: optionalCounter.meta({ description: "Messages before this `seq`." }),
    limit: whole(1, MINE_LIMIT.max, MINE_LIMIT.default),
  });
  const aboutMine = about({
    id: "listOwnReactions",
    summary: "Your own reactions in a conversation",
    description:
      "Ask for them where a message has more people than it names. Pages of messages are the same for all readers, so they don't say which reactions are yours. For the next page, send the last `seq` with `after_seq`.",
    answers: { 200: { data: ownReactions } },
    failures: ["not_a_participant"],
  });
  app.get("/mine", aboutMine, loggedIn, query(mineQuery), async (c) => {
    const { after_seq: afterSeq, before_seq: beforeSeq, limit } = c.req.valid("query");
    const data = await reactions.mine(principalOf(c).userId, conversationIdOf(c), { afterSeq, beforeSeq, limit });
    return success(c, { data });
  });

  return app;
}
