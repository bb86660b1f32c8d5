import { Hono } from "hono";
import { z } from "zod";
import { editBody, encodePage, HISTORY_LIMIT, message, messagePage, sendBody } from "../../../protocol/messages.ts";
import { uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { success, successText } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, flag, json, messageIdOf, optionalCounter, query, whole } from "../../http/input.ts";
import { messageLimit } from "../../http/middleware/rate-limits.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Messages } from "./service.ts";

interface Services {
  messages: Messages;
  limits: Limits;
}

export const messageRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/messages",
  section: {
    name: "Messages",
    description: "Each user has a further limit of 10 requests a minute, unless the server is set otherwise.",
  },
  parameters: {
    messageId: { schema: uuid.meta({ description: "A message's id." }), unknown: "message_not_found" },
  },
  routes,
};

function routes({ messages, limits }: Services) {
  const app = new Hono<Env>();
  const limited = messageLimit(limits);

  const pageQuery = z.object({
    limit: whole(1, HISTORY_LIMIT.max, HISTORY_LIMIT.default),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
    before_seq: optionalCounter,
    after_seq: optionalCounter,
    mark_read: flag(true),
  });
  const aboutPage = about({
    id: "listMessages",
    summary: "One page of a conversation's messages",
    description:
      "Oldest first. `offset` counts back from the newest; `before_seq` and `after_seq` win over it. The newest page counts as read, unless `mark_read=false`.",
    answers: { 200: { data: messagePage } },
    failures: ["not_a_participant"],
  });
  app.get("/", aboutPage, loggedIn, limited, query(pageQuery), async (c) => {
    const { limit, offset, before_seq: beforeSeq, after_seq: afterSeq, mark_read: markRead } = c.req.valid("query");
    // A link on another site may bring the cookie along. It must not move the read position.
    const fromElsewhere = c.req.header("sec-fetch-site") === "cross-site";
    const page = { limit, offset, beforeSeq, afterSeq, markRead: markRead && !fromElsewhere };
    const conversationId = conversationIdOf(c);
    const found = await messages.page(conversationId, principalOf(c), page);
    return successText(c, encodePage(conversationId, found));
  });

  const aboutSend = about({
    id: "sendMessage",
    summary: "Sends a message",
    description:
      "201: the message is stored. 200: the same `client_id` was sent before; the answer has the first message.",
    answers: {
      200: { message: "Message was already sent", data: message },
      201: { message: "Message sent successfully", data: message },
    },
    failures: ["not_a_participant", "client_id_conflict"],
  });
  app.post("/", aboutSend, loggedIn, limited, json(sendBody), async (c) => {
    const { content, client_id: clientId } = c.req.valid("json");
    const senderId = principalOf(c).userId;
    const sent = await messages.send({
      conversationId: conversationIdOf(c),
      senderId,
      content,
      clientId,
    });
    return sent.first
      ? success(c, { message: "Message sent successfully", data: sent.message }, 201)
      : success(c, { message: "Message was already sent", data: sent.message });
  });

  const aboutEdit = about({
    id: "editMessage",
    summary: "Edits your own message",
    answers: { 200: { message: "Message edited successfully", data: message } },
    failures: ["not_a_participant", "not_the_sender", "message_deleted"],
  });
  app.patch("/:messageId", aboutEdit, loggedIn, limited, json(editBody), async (c) => {
    const { content } = c.req.valid("json");
    const data = await messages.edit(conversationIdOf(c), principalOf(c).userId, messageIdOf(c), content);
    return success(c, { message: "Message edited successfully", data });
  });

  const aboutDelete = about({
    id: "deleteMessage",
    summary: "Deletes your own message. A tombstone stays",
    answers: { 200: { message: "Message deleted successfully", data: message } },
    failures: ["not_a_participant", "not_the_sender"],
  });
  app.delete("/:messageId", aboutDelete, loggedIn, limited, async (c) => {
    const data = await messages.remove(conversationIdOf(c), principalOf(c).userId, messageIdOf(c));
    return success(c, { message: "Message deleted successfully", data });
  });

  return app;
}
