import { Hono } from "hono";
import { z } from "zod";
import { adminConversation, adminUser, LISTED_MOST, listMeta } from "../../../../protocol/admin.ts";
import { conversation, createEmptyGroupBody } from "../../../../protocol/conversations.ts";
import { encodePage, HISTORY_LIMIT, message, messagePage } from "../../../../protocol/messages.ts";
import { count, counter, USER_ID_MAX } from "../../../../protocol/text.ts";
import { search } from "../../../../protocol/users.ts";
import { about } from "../../../http/about.ts";
import { success, successList, successText } from "../../../http/answers.ts";
import { type Env, principalOf, recentlyProved } from "../../../http/env.ts";
import { conversationIdOf, json, messageIdOf, optionalCounter, query, whole } from "../../../http/input.ts";
import type { Conversations } from "../../conversations/service.ts";
import type { Administration } from "../service.ts";
import { adminOf } from "./superusers.ts";

const CONVERSATIONS_LIMIT = { default: 50, max: 200 };
const PARTICIPANTS_LIMIT = { default: 50, max: 1000 };

export function conversationRoutes(services: { administration: Administration; conversations: Conversations }) {
  const { administration, conversations } = services;
  const app = new Hono<Env>();

  const listQuery = z.object({
    search: search.default(""),
    participant: whole(0, USER_ID_MAX, 0).unwrap().optional(),
    limit: whole(1, CONVERSATIONS_LIMIT.max, CONVERSATIONS_LIMIT.default),
    offset: whole(0, LISTED_MOST, 0),
  });
  const aboutList = about({
    id: "adminListConversations",
    summary: "All conversations, newest first",
    description:
      "`search` finds conversations by name, by a member's name or e-mail address, and by id. Fewer than three letters match only the start of a word.",
    superusers: true,
    answers: { 200: { data: z.array(adminConversation), meta: listMeta } },
  });
  app.get("/", aboutList, query(listQuery), async (c) => {
    const { participant: participantId, ...page } = c.req.valid("query");
    const { conversations: data, total, isExact } = await administration.conversations.list({ ...page, participantId });
    return successList(c, data, { total, total_exact: isExact });
  });

  const aboutCreate = about({
    id: "adminCreateGroup",
    summary: "Makes a group with you as its only member, for others to join",
    description: "New accounts join the group that is `default_conversation_id` in the settings.",
    superusers: true,
    answers: { 201: { message: "Conversation created successfully", data: conversation } },
  });
  app.post("/", aboutCreate, json(createEmptyGroupBody), async (c) => {
    const data = await conversations.createEmptyGroup(principalOf(c).userId, c.req.valid("json").name);
    return success(c, { message: "Conversation created successfully", data }, 201);
  });

  const aboutOne = about({
    id: "adminGetConversation",
    summary: "A conversation, with its first members and counts",
    superusers: true,
    answers: { 200: { data: adminConversation } },
  });
  app.get("/:conversationId", aboutOne, async (c) =>
    success(c, { data: await administration.conversations.detail(conversationIdOf(c)) }),
  );

  const aboutRemove = about({
    id: "adminRemoveConversation",
    summary: "Removes a conversation and everything in it, for good",
    description: "Needs a password that was entered within 15 minutes.",
    superusers: true,
    answers: { 200: { message: "Conversation removed" } },
    failures: ["confirmation_required"],
  });
  app.delete("/:conversationId", aboutRemove, recentlyProved, async (c) => {
    await administration.conversations.remove(adminOf(c), conversationIdOf(c));
    return success(c, { message: "Conversation removed" });
  });

  const participantsQuery = z.object({
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
    limit: whole(1, PARTICIPANTS_LIMIT.max, PARTICIPANTS_LIMIT.default),
  });
  const aboutParticipants = about({
    id: "adminListParticipants",
    summary: "A conversation's members, in the order of joining",
    superusers: true,
    answers: {
      200: { data: z.array(adminUser), meta: z.object({ total: count, next_after: counter.nullable() }) },
    },
  });
  app.get("/:conversationId/participants", aboutParticipants, query(participantsQuery), async (c) => {
    const page = await administration.conversations.participants(conversationIdOf(c), c.req.valid("query"));
    return successList(c, page.users, { total: page.total, next_after: page.next });
  });

  const messagesQuery = z.object({
    limit: whole(1, HISTORY_LIMIT.max, HISTORY_LIMIT.default),
    before_seq: optionalCounter,
  });
  const aboutMessages = about({
    id: "adminReadMessages",
    summary: "A page of a conversation's messages",
    description: "Reading is written to the audit log. No read position moves.",
    superusers: true,
    answers: { 200: { data: messagePage } },
  });
  app.get("/:conversationId/messages", aboutMessages, query(messagesQuery), async (c) => {
    const { limit, before_seq: beforeSeq } = c.req.valid("query");
    const id = conversationIdOf(c);
    const page = await administration.conversations.readMessages(adminOf(c), id, { limit, beforeSeq });
    return successText(c, encodePage(id, page));
  });

  const aboutRemoveMessage = about({
    id: "adminRemoveMessage",
    summary: "Removes a message; it stays as a tombstone",
    description: "Needs a password that was entered within 15 minutes.",
    superusers: true,
    answers: { 200: { message: "Message removed", data: message } },
    failures: ["confirmation_required"],
  });
  app.delete("/:conversationId/messages/:messageId", aboutRemoveMessage, recentlyProved, async (c) => {
    const data = await administration.conversations.deleteMessage(adminOf(c), conversationIdOf(c), messageIdOf(c));
    return success(c, { message: "Message removed", data });
  });

  return app;
}
