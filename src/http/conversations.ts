import { Hono } from "hono";
import { z } from "zod";
import type { Conversations } from "../domain/conversations.ts";
import {
  addParticipantsBody,
  conversation,
  conversationDetail,
  conversationSummary,
  createConversationBody,
  renameBody,
  unreadCounts,
} from "../protocol/conversations.ts";
import { count, epoch } from "../protocol/text.ts";
import { search, user } from "../protocol/users.ts";
import { success, successList } from "./answers.ts";
import { about } from "./docs/about.ts";
import { type Env, loggedIn, sessionOf } from "./env.ts";
import { conversationIdOf, json, query, userIdOf, whole } from "./input.ts";

/** Also what a client gets that names no limit, as the seed's clients don't. */
const CONVERSATIONS_MAX = 1000;
const PARTICIPANTS_LIMIT = { default: 50, max: 1000 };

export function conversationRoutes({ conversations }: { conversations: Conversations }) {
  const app = new Hono<Env>();

  const aboutCreate = about({
    id: "createConversation",
    summary: "Begins a conversation",
    description: "A 1-on-1 that there is already is answered with 200.",
    answers: {
      200: { message: "Conversation already exists", data: conversation },
      201: { message: "Conversation created successfully", data: conversation },
    },
  });
  app.post("/", aboutCreate, loggedIn, json(createConversationBody), async (c) => {
    const { participant_ids: participantIds, name } = c.req.valid("json");
    const created = await conversations.create(sessionOf(c).userId, { participantIds, name: name ?? null });
    return created.created
      ? success(c, { message: "Conversation created successfully", data: created.conversation }, 201)
      : success(c, { message: "Conversation already exists", data: created.conversation });
  });

  const listQuery = z.object({
    search: search.default(""),
    limit: whole(1, CONVERSATIONS_MAX, CONVERSATIONS_MAX),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
  });
  const aboutList = about({
    id: "listConversations",
    summary: "One's conversations, most recently active first",
    answers: {
      200: { data: z.array(conversationSummary), meta: z.object({ total: count, unread: unreadCounts, epoch }) },
    },
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { conversations: data, ...meta } = await conversations.list(sessionOf(c).userId, c.req.valid("query"));
    return successList(c, data, meta);
  });

  const aboutOne = about({
    id: "getConversation",
    summary: "One conversation, with its people's read positions",
    answers: { 200: { data: conversationDetail } },
  });
  app.get("/:conversationId", aboutOne, async (c) =>
    success(c, { data: await conversations.detail(sessionOf(c).userId, conversationIdOf(c)) }),
  );

  const aboutRename = about({
    id: "renameConversation",
    summary: "Names a group",
    answers: { 200: { message: "Conversation updated successfully", data: conversation } },
    failures: ["not_a_group"],
  });
  app.patch("/:conversationId", aboutRename, loggedIn, json(renameBody), async (c) => {
    const data = await conversations.rename(sessionOf(c).userId, conversationIdOf(c), c.req.valid("json").name);
    return success(c, { message: "Conversation updated successfully", data });
  });

  const pageQuery = z.object({
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
    limit: whole(1, PARTICIPANTS_LIMIT.max, PARTICIPANTS_LIMIT.default),
  });
  const next_after = count.nullable().meta({ description: "`after` of the next page; null when this is the last." });
  const aboutParticipants = about({
    id: "listParticipants",
    summary: "A conversation's people, by joining",
    answers: { 200: { data: z.array(user), meta: z.object({ total: count, next_after }) } },
  });
  app.get("/:conversationId/participants", aboutParticipants, loggedIn, query(pageQuery), async (c) => {
    const page = await conversations.participants(sessionOf(c).userId, conversationIdOf(c), c.req.valid("query"));
    return successList(c, page.users, { total: page.total, next_after: page.next });
  });

  const aboutAdd = about({
    id: "addParticipants",
    summary: "Adds people to a group",
    answers: { 200: { message: "Participants added successfully", data: conversation } },
    failures: ["not_a_group"],
  });
  app.post("/:conversationId/participants", aboutAdd, loggedIn, json(addParticipantsBody), async (c) => {
    const { user_ids } = c.req.valid("json");
    const data = await conversations.addParticipants(sessionOf(c).userId, conversationIdOf(c), user_ids);
    return success(c, { message: "Participants added successfully", data });
  });

  const aboutRemove = about({
    id: "removeParticipant",
    summary: "Leaves a group, or as its owner removes somebody",
    answers: { 200: { message: "Participant removed successfully" } },
    failures: ["not_a_group", "not_the_owner", "participant_not_found"],
  });
  app.delete("/:conversationId/participants/:userId", aboutRemove, async (c) => {
    await conversations.removeParticipant(sessionOf(c).userId, conversationIdOf(c), userIdOf(c));
    return success(c, { message: "Participant removed successfully" });
  });

  return app;
}
