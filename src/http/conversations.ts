import { Hono } from "hono";
import { z } from "zod";
import type { Conversations } from "../domain/conversations.ts";
import { addParticipantsBody, createConversationBody, renameBody } from "../protocol/conversations.ts";
import { success } from "./answers.ts";
import { type Env, loggedIn, sessionOf } from "./env.ts";
import { conversationIdOf, json, query, userIdOf, whole } from "./input.ts";

/** Also what a client gets that names no limit, as the seed's clients don't. */
const CONVERSATIONS_MAX = 1000;
const PARTICIPANTS_LIMIT = { default: 50, max: 1000 };

export function conversationRoutes({ conversations }: { conversations: Conversations }) {
  const app = new Hono<Env>();

  app.post("/", loggedIn, json(createConversationBody), async (c) => {
    const { participant_ids: participantIds, name } = c.req.valid("json");
    const created = await conversations.create(sessionOf(c).userId, { participantIds, name: name ?? null });
    return created.created
      ? success(c, { message: "Conversation created successfully", data: created.conversation }, 201)
      : success(c, { message: "Conversation already exists", data: created.conversation });
  });

  const listQuery = z.object({
    limit: whole(1, CONVERSATIONS_MAX, CONVERSATIONS_MAX),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  app.get("/", loggedIn, query(listQuery), async (c) => {
    const { conversations: data, total } = await conversations.list(sessionOf(c).userId, c.req.valid("query"));
    return success(c, { data, meta: { total } });
  });

  app.get("/:conversationId", async (c) =>
    success(c, { data: await conversations.detail(sessionOf(c).userId, conversationIdOf(c)) }),
  );

  app.patch("/:conversationId", loggedIn, json(renameBody), async (c) => {
    const data = await conversations.rename(sessionOf(c).userId, conversationIdOf(c), c.req.valid("json").name);
    return success(c, { message: "Conversation updated successfully", data });
  });

  const pageQuery = z.object({
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
    limit: whole(1, PARTICIPANTS_LIMIT.max, PARTICIPANTS_LIMIT.default),
  });
  app.get("/:conversationId/participants", loggedIn, query(pageQuery), async (c) => {
    const page = await conversations.participants(sessionOf(c).userId, conversationIdOf(c), c.req.valid("query"));
    return success(c, { data: page.users, meta: { total: page.total, next_after: page.next } });
  });

  app.post("/:conversationId/participants", loggedIn, json(addParticipantsBody), async (c) => {
    const { user_ids } = c.req.valid("json");
    const data = await conversations.addParticipants(sessionOf(c).userId, conversationIdOf(c), user_ids);
    return success(c, { message: "Participants added successfully", data });
  });

  app.delete("/:conversationId/participants/:userId", async (c) => {
    await conversations.removeParticipant(sessionOf(c).userId, conversationIdOf(c), userIdOf(c));
    return success(c, { message: "Participant removed successfully" });
  });

  return app;
}
