import { Hono } from "hono";
import { z } from "zod";
import { message } from "../../../protocol/messages.ts";
import { rescheduleBody, SCHEDULED_MAX, scheduleBody, scheduledMessage } from "../../../protocol/scheduled.ts";
import { count, uuid } from "../../../protocol/text.ts";
import { about } from "../../http/about.ts";
import { success, successList } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, idIn, json, query, whole } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Scheduled } from "./service.ts";

interface Services {
  scheduled: Scheduled;
}

const section = {
  name: "Scheduled messages",
  description: "Messages that the server sends for you at a later time, once or again and again. Only you see them.",
};

export const scheduledRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/scheduled",
  section,
  parameters: {
    scheduledId: {
      schema: uuid.meta({ description: "A scheduled message's id." }),
      unknown: "scheduled_not_found",
    },
  },
  routes,
};

export const allScheduledRoutes: RouteGroup<Services> = { path: "/api/chat/scheduled", section, routes: allRoutes };

const scheduledIdOf = idIn("scheduledId", "scheduled_not_found");

const listQuery = z.object({
  limit: whole(1, SCHEDULED_MAX, 50),
  offset: whole(0, Number.MAX_SAFE_INTEGER, 0),
});
const listed = { 200: { data: z.array(scheduledMessage), meta: z.object({ total: count }) } };

function allRoutes({ scheduled }: Services) {
  const app = new Hono<Env>();
  const aboutAll = about({
    id: "listAllScheduled",
    summary: "Your scheduled messages in all conversations, the next one first",
    answers: listed,
  });
  app.get("/", aboutAll, loggedIn, query(listQuery), async (c) => {
    const { items, total } = await scheduled.list(principalOf(c).userId, null, c.req.valid("query"));
    return successList(c, items, { total });
  });
  return app;
}

function routes({ scheduled }: Services) {
  const app = new Hono<Env>();

  const aboutList = about({
    id: "listScheduled",
    summary: "Your scheduled messages in a conversation, the next one first",
    answers: listed,
  });
  app.get("/", aboutList, loggedIn, query(listQuery), async (c) => {
    const { items, total } = await scheduled.list(principalOf(c).userId, conversationIdOf(c), c.req.valid("query"));
    return successList(c, items, { total });
  });

  const aboutCreate = about({
    id: "scheduleMessage",
    summary: "Has a message sent at a later time",
    description: `At its time the message is sent once, whatever restarts meanwhile. If the server could not send it within 15 minutes, it becomes \`late\` and waits for your decision. You can have ${SCHEDULED_MAX} of them.`,
    answers: { 201: { message: "Message scheduled", data: scheduledMessage } },
    failures: ["not_a_participant", "too_many_scheduled"],
  });
  app.post("/", aboutCreate, loggedIn, json(scheduleBody), async (c) => {
    const data = await scheduled.create(principalOf(c).userId, conversationIdOf(c), c.req.valid("json"));
    return success(c, { message: "Message scheduled", data }, 201);
  });

  const aboutChange = about({
    id: "changeScheduled",
    summary: "Changes a scheduled message",
    description: "You may leave out any field. A new time makes a `late` or `failed` message wait again.",
    answers: { 200: { message: "Scheduled message changed", data: scheduledMessage } },
    failures: ["being_sent"],
  });
  app.patch("/:scheduledId", aboutChange, loggedIn, json(rescheduleBody), async (c) => {
    const { userId } = principalOf(c);
    const data = await scheduled.change(userId, conversationIdOf(c), scheduledIdOf(c), c.req.valid("json"));
    return success(c, { message: "Scheduled message changed", data });
  });

  const aboutRemove = about({
    id: "removeScheduled",
    summary: "Removes a scheduled message, with all its repetitions",
    answers: { 200: { message: "Scheduled message removed" } },
    failures: ["being_sent"],
  });
  app.delete("/:scheduledId", aboutRemove, loggedIn, async (c) => {
    await scheduled.remove(principalOf(c).userId, conversationIdOf(c), scheduledIdOf(c));
    return success(c, { message: "Scheduled message removed" });
  });

  const aboutSend = about({
    id: "sendScheduled",
    summary: "Sends a scheduled message now",
    description: "A message that repeats goes on with its next time.",
    answers: { 200: { message: "Message sent successfully", data: message } },
    failures: ["being_sent", "not_a_participant"],
  });
  app.post("/:scheduledId/send", aboutSend, loggedIn, async (c) => {
    const data = await scheduled.sendNow(principalOf(c).userId, conversationIdOf(c), scheduledIdOf(c));
    return success(c, { message: "Message sent successfully", data });
  });

  const aboutSkip = about({
    id: "skipScheduled",
    summary: "Leaves out the next time of a scheduled message",
    description:
      "The message goes on with the time after that. One that does not repeat is removed, and there is no `data`.",
    answers: { 200: { message: "Scheduled message skipped", data: scheduledMessage.optional() } },
    failures: ["being_sent"],
  });
  app.post("/:scheduledId/skip", aboutSkip, loggedIn, async (c) => {
    const data = await scheduled.skip(principalOf(c).userId, conversationIdOf(c), scheduledIdOf(c));
    return success(c, { message: "Scheduled message skipped", ...(data && { data }) });
  });

  return app;
}
