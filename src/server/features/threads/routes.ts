import { Hono } from "hono";
import { conversationDetail } from "../../../protocol/conversations.ts";
import { message, sendBody } from "../../../protocol/messages.ts";
import { following } from "../../../protocol/threads.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, messageIdOf } from "../../http/input.ts";
import { messageLimit } from "../../http/middleware/rate-limits.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Limits } from "../../limits/limits.ts";
import { type PartServices, partsOf } from "../messages/parts.ts";
import type { Messages } from "../messages/service.ts";
import type { Threads } from "./service.ts";

interface Services extends PartServices {
  threads: Threads;
  messages: Messages;
  limits: Limits;
}

const section = {
  name: "Threads",
  description:
    "A thread is a conversation of its own: everything that is said about the messages of conversations holds for threads too. Its members are those of the conversation that it belongs to. [The list of conversations](#listConversations) with `kind=thread` has the threads that you follow.",
};

export const threadRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/messages/:messageId/thread",
  section,
  routes(services) {
    const { threads, messages, limits } = services;
    const app = new Hono<Env>();

    const aboutStart = about({
      id: "startThread",
      summary: "Starts the thread that answers a message",
      description: "200: the thread exists already. Its id follows from the message, so everybody gets the same one.",
      answers: {
        200: { message: "Thread already exists", data: conversationDetail },
        201: { message: "Thread started successfully", data: conversationDetail },
      },
      failures: ["not_a_participant", "is_a_thread", "message_deleted"],
    });
    app.post("/", aboutStart, loggedIn, async (c) => {
      const { userId } = principalOf(c);
      const { thread: data, isNew } = await threads.start(userId, conversationIdOf(c), messageIdOf(c));
      return isNew
        ? success(c, { message: "Thread started successfully", data }, 201)
        : success(c, { message: "Thread already exists", data });
    });

    const aboutReply = about({
      id: "replyInThread",
      summary: "Answers a message in its thread",
      description:
        "Starts the thread if there is none yet, and sends a message there. 200: the same `client_id` was sent before.",
      answers: {
        200: { message: "Message was already sent", data: message },
        201: { message: "Message sent successfully", data: message },
      },
      failures: [
        "not_a_participant",
        "is_a_thread",
        "message_deleted",
        "reply_not_found",
        "file_not_found",
        "file_not_ready",
        "file_refused",
        "client_id_conflict",
        "newer",
      ],
    });
    app.post("/messages", aboutReply, loggedIn, messageLimit(limits), json(sendBody), async (c) => {
      const { content, client_id: clientId, ...parts } = c.req.valid("json");
      const { userId: senderId } = principalOf(c);
      const { thread } = await threads.start(senderId, conversationIdOf(c), messageIdOf(c));
      const draft = { conversationId: thread.id, senderId, content, clientId };
      const sent = await messages.send(draft, await partsOf(services, draft, parts));
      return sent.first
        ? success(c, { message: "Message sent successfully", data: sent.message }, 201)
        : success(c, { message: "Message was already sent", data: sent.message });
    });

    return app;
  },
};

export const followRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/follow",
  section,
  routes({ threads }) {
    const app = new Hono<Env>();
    const failures = ["not_a_participant", "not_a_thread"] as const;

    const aboutFollow = about({
      id: "followThread",
      summary: "Follows a thread",
      description:
        "The thread is in your list of threads, with the number of its unread replies. You follow a thread by yourself when you write in it, when you are mentioned there, and when it answers your message.",
      answers: { 200: { message: "You follow this thread", data: following } },
      failures: [...failures],
    });
    app.put("/", aboutFollow, loggedIn, async (c) => {
      const conversation_id = conversationIdOf(c);
      await threads.setFollowing(principalOf(c).userId, conversation_id, true);
      return success(c, { message: "You follow this thread", data: { conversation_id, is_following: true } });
    });

    const aboutUnfollow = about({
      id: "unfollowThread",
      summary: "Follows a thread no longer",
      description: "From then on you follow it only if you say so: neither an answer nor a mention does it by itself.",
      answers: { 200: { message: "You no longer follow this thread", data: following } },
      failures: [...failures],
    });
    app.delete("/", aboutUnfollow, loggedIn, async (c) => {
      const conversation_id = conversationIdOf(c);
      await threads.setFollowing(principalOf(c).userId, conversation_id, false);
      return success(c, {
        message: "You no longer follow this thread",
        data: { conversation_id, is_following: false },
      });
    });

    return app;
  },
};
