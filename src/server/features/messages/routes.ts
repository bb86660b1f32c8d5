import { Hono } from "hono";
import { z } from "zod";
import {
  AROUND,
  editBody,
  encodePage,
  HISTORY_LIMIT,
  message,
  messagePage,
  sendBody,
} from "../../../protocol/messages.ts";
import { uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { encodeSuccess, success, successBody } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, flag, json, messageIdOf, optionalCounter, query, whole } from "../../http/input.ts";
import { messageLimit } from "../../http/middleware/rate-limits.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import type { Page } from "../../log/pages.ts";
import { type PartServices, partsOf } from "./parts.ts";
import type { Messages } from "./service.ts";

interface Services extends PartServices {
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

/**
 * The bodies of pages that this node keeps. With emoji in it, a text has two bytes for each character, and turning it into
 * UTF-8 anew for each reader would be a third of the work of a page.
 */
const bodies = new WeakMap<Page, ReturnType<typeof encodeSuccess>>();

function bodyOf(conversationId: string, page: Page) {
  const body = bodies.get(page) ?? encodeSuccess(encodePage(conversationId, page));
  bodies.set(page, body);
  return body;
}

function routes({ messages, limits, ...services }: Services) {
  const app = new Hono<Env>();
  const limited = messageLimit(limits);

  const pageQuery = z.object({
    limit: whole(1, HISTORY_LIMIT.max, HISTORY_LIMIT.default),
    offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
    before_seq: optionalCounter,
    after_seq: optionalCounter,
    around_seq: optionalCounter.meta({ description: AROUND }),
    mark_read: flag(true),
  });
  const aboutPage = about({
    id: "listMessages",
    summary: "One page of a conversation's messages",
    description:
      "Oldest first. `offset` counts back from the newest; the cursors win over it: `around_seq` over `after_seq`, and that over `before_seq`. The newest page counts as read, unless `mark_read=false`.",
    answers: { 200: { data: messagePage } },
    failures: ["not_a_participant"],
  });
  app.get("/", aboutPage, loggedIn, limited, query(pageQuery), async (c) => {
    const { limit, offset, mark_read: markRead, ...cursors } = c.req.valid("query");
    const { before_seq: beforeSeq, after_seq: afterSeq, around_seq: aroundSeq } = cursors;
    // A link on another site may bring the cookie along. It must not move the read position.
    const fromElsewhere = c.req.header("sec-fetch-site") === "cross-site";
    const page = { limit, offset, beforeSeq, afterSeq, aroundSeq, markRead: markRead && !fromElsewhere };
    const conversationId = conversationIdOf(c);
    const found = await messages.page(conversationId, principalOf(c), page);
    return successBody(c, bodyOf(conversationId, found));
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
    failures: [
      "not_a_participant",
      "reply_not_found",
      "file_not_found",
      "file_not_ready",
      "file_refused",
      "client_id_conflict",
      "newer",
      "not_a_thread",
    ],
  });
  app.post("/", aboutSend, loggedIn, limited, json(sendBody), async (c) => {
    const { content, client_id: clientId, ...parts } = c.req.valid("json");
    const draft = { conversationId: conversationIdOf(c), senderId: principalOf(c).userId, content, clientId };
    const sent = await messages.send(draft, await partsOf(services, draft, parts));
    return sent.first
      ? success(c, { message: "Message sent successfully", data: sent.message }, 201)
      : success(c, { message: "Message was already sent", data: sent.message });
  });

  const aboutEdit = about({
    id: "editMessage",
    summary: "Edits your own message",
    answers: { 200: { message: "Message edited successfully", data: message } },
    failures: ["not_a_participant", "not_the_sender", "message_deleted", "poll_has_votes"],
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
