import { Hono } from "hono";
import { z } from "zod";
import {
  addParticipantsBody,
  conversation,
  conversationDetail,
  conversationSummary,
  createConversationBody,
  renameBody,
  requested,
  unreadCounts,
} from "../../../protocol/conversations.ts";
import { request } from "../../../protocol/requests.ts";
import { count, epoch, uuid } from "../../../protocol/text.ts";
import { search, user } from "../../../protocol/users.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, optionalFlag, query, userIdOf, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Conversations } from "./service.ts";

/**
 * The most conversations in one answer. It is also the default, because clients of the API's first version send no
 * limit.
 */
const CONVERSATIONS_MAX = 1000;
const PARTICIPANTS_LIMIT = { default: 50, max: 1000 };

interface Services {
  conversations: Conversations;
}

export const conversationRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations",
  section: { name: "Conversations", description: "1-on-1s and groups." },
  parameters: {
    conversationId: { schema: uuid.meta({ description: "A conversation's id." }), unknown: "conversation_not_found" },
  },
  routes,
};

function routes({ conversations }: Services) {
  const app = new Hono<Env>();

  const aboutCreate = about({
    id: "createConversation",
    summary: "Begins a conversation",
    description:
      "200: the 1-on-1 exists already. People who do not let you add them get a request. For a 1-on-1 the answer is then 202; for a group `meta.requested` names them.",
    answers: {
      200: { message: "Conversation already exists", data: conversation },
      201: { message: "Conversation created successfully", data: conversation, meta: requested },
      202: { message: "Request sent", data: z.object({ request }) },
    },
  });
  app.post("/", aboutCreate, loggedIn, json(createConversationBody), async (c) => {
    const { participant_ids: participantIds, name } = c.req.valid("json");
    const begun = await conversations.create(principalOf(c).userId, { participantIds, name: name ?? null });
    if (begun.kind === "requested")
      return success(c, { message: "Request sent", data: { request: begun.request } }, 202);
    const { conversation: data } = begun;
    return begun.kind === "created"
      ? success(c, { message: "Conversation created successfully", data, ...meta(begun.requested) }, 201)
      : success(c, { message: "Conversation already exists", data });
  });

  const listQuery = z.object({
    search: search.default(""),
    limit: whole(1, CONVERSATIONS_MAX, CONVERSATIONS_MAX),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
    kind: z.literal("thread").optional().meta({
      description:
        "`thread`: the threads that you follow and that have replies, in place of conversations. `meta.unread` counts over them then.",
    }),
    archived: optionalFlag.meta({ description: "True: only archived ones. False: only the others. Left out: all." }),
  });
  const aboutList = about({
    id: "listConversations",
    summary: "Your conversations, most recently active first",
    answers: {
      200: { data: z.array(conversationSummary), meta: z.object({ total: count, unread: unreadCounts, epoch }) },
    },
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { kind, ...page } = c.req.valid("query");
    const listed = await conversations.list(principalOf(c).userId, { ...page, threads: kind === "thread" });
    const { conversations: data, ...meta } = listed;
    return successList(c, data, meta);
  });

  const aboutOne = about({
    id: "getConversation",
    summary: "One conversation, with its members' read positions",
    answers: { 200: { data: conversationDetail } },
  });
  app.get("/:conversationId", aboutOne, async (c) =>
    success(c, { data: await conversations.detail(principalOf(c).userId, conversationIdOf(c)) }),
  );

  const aboutRename = about({
    id: "renameConversation",
    summary: "Renames a group",
    answers: { 200: { message: "Conversation updated successfully", data: conversation } },
    failures: ["not_a_group", "is_a_thread"],
  });
  app.patch("/:conversationId", aboutRename, loggedIn, json(renameBody), async (c) => {
    const data = await conversations.rename(principalOf(c).userId, conversationIdOf(c), c.req.valid("json").name);
    return success(c, { message: "Conversation updated successfully", data });
  });

  const pageQuery = z.object({
    after: whole(0, Number.MAX_SAFE_INTEGER, 0),
    limit: whole(1, PARTICIPANTS_LIMIT.max, PARTICIPANTS_LIMIT.default),
  });
  const next_after = count.nullable().meta({ description: "`after` of the next page; null when this is the last." });
  const aboutParticipants = about({
    id: "listParticipants",
    summary: "A conversation's members, in the order of joining",
    answers: { 200: { data: z.array(user), meta: z.object({ total: count, next_after }) } },
  });
  app.get("/:conversationId/participants", aboutParticipants, loggedIn, query(pageQuery), async (c) => {
    const page = await conversations.participants(principalOf(c).userId, conversationIdOf(c), c.req.valid("query"));
    return successList(c, page.users, { total: page.total, next_after: page.next });
  });

  const aboutAdd = about({
    id: "addParticipants",
    summary: "Adds people to a group",
    description:
      "People who do not let you add them, or who have left the group, get a request: `meta.requested` names them. Only the owner can add people again whom the owner has removed.",
    answers: { 200: { message: "Participants added successfully", data: conversation, meta: requested } },
    failures: ["not_a_group", "is_a_thread"],
  });
  app.post("/:conversationId/participants", aboutAdd, loggedIn, json(addParticipantsBody), async (c) => {
    const { user_ids } = c.req.valid("json");
    const added = await conversations.addParticipants(principalOf(c).userId, conversationIdOf(c), user_ids);
    const { conversation: data } = added;
    return success(c, { message: "Participants added successfully", data, ...meta(added.requested) });
  });

  const aboutRemove = about({
    id: "removeParticipant",
    summary: "Leaves a group, removes a member from a group you own, or hides a 1-on-1",
    description: "Your list leaves a hidden 1-on-1 out until a message comes or you begin it again.",
    answers: { 200: { message: ["Participant removed successfully", "Conversation hidden"] } },
    failures: ["not_a_group", "is_a_thread", "not_the_owner", "participant_not_found"],
  });
  app.delete("/:conversationId/participants/:userId", aboutRemove, async (c) => {
    const done = await conversations.removeParticipant(principalOf(c).userId, conversationIdOf(c), userIdOf(c));
    return success(c, { message: done === "hidden" ? "Conversation hidden" : "Participant removed successfully" });
  });

  return app;
}

/** `meta` of an answer. It is left out when nobody has to agree first. */
const meta = (requested: number[]) => (requested.length === 0 ? {} : { meta: { requested } });
