import { Hono } from "hono";
import { z } from "zod";
import { message } from "../../../protocol/messages.ts";
import { ownVote, voteBody } from "../../../protocol/polls.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, messageIdOf, optionalCounter, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Polls } from "./service.ts";

interface Services {
  polls: Polls;
}

export const pollRoutes: RouteGroup<Services> = { path: "/api/chat/conversations/:conversationId", routes };

function routes({ polls }: Services) {
  const app = new Hono<Env>();

  const aboutVote = about({
    id: "vote",
    summary: "Votes in a poll",
    description: "Your vote replaces the one before. An empty list takes it back.",
    answers: { 200: { message: "Vote saved", data: message } },
    failures: ["not_a_participant", "message_deleted", "poll_not_found", "poll_closed"],
  });
  app.put("/messages/:messageId/vote", aboutVote, loggedIn, json(voteBody), async (c) => {
    const { options } = c.req.valid("json");
    const voted = await polls.vote(conversationIdOf(c), principalOf(c).userId, messageIdOf(c), options);
    return success(c, { message: "Vote saved", data: voted.message });
  });

  const ownQuery = z.object({
    after_seq: optionalCounter,
    before_seq: optionalCounter,
    limit: whole(1, 100, 100),
  });
  const aboutOwn = about({
    id: "listOwnVotes",
    summary: "Your own votes in the polls of a conversation",
    description: "Newest poll first. Pages of messages do not tell them: they are the same for all readers.",
    answers: { 200: { data: z.array(ownVote) } },
    failures: ["not_a_participant"],
  });
  app.get("/votes/mine", aboutOwn, loggedIn, query(ownQuery), async (c) => {
    const { after_seq: afterSeq = 0, before_seq: beforeSeq, limit } = c.req.valid("query");
    const range = { afterSeq, beforeSeq, limit };
    return success(c, { data: await polls.own(conversationIdOf(c), principalOf(c).userId, range) });
  });

  return app;
}
