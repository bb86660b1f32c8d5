import { Hono } from "hono";
import { z } from "zod";
import { message } from "../../../protocol/messages.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, messageIdOf } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Pins } from "./service.ts";

interface Services {
  pins: Pins;
}

export const pinRoutes: RouteGroup<Services> = { path: "/api/chat/conversations/:conversationId", routes };

function routes({ pins }: Services) {
  const app = new Hono<Env>();

  const aboutPin = about({
    id: "pinMessage",
    summary: "Pins a message for everybody",
    description: "A conversation has at most 100 pins. A pinned message stays pinned, and nothing changes.",
    answers: { 200: { message: "Message pinned", data: message } },
    failures: ["not_a_participant", "message_deleted", "too_many_pins"],
  });
  app.put("/messages/:messageId/pin", aboutPin, loggedIn, async (c) => {
    const pinned = await pins.set(conversationIdOf(c), principalOf(c).userId, messageIdOf(c), true);
    return success(c, { message: "Message pinned", data: pinned.message });
  });

  const aboutUnpin = about({
    id: "unpinMessage",
    summary: "Takes a pin back",
    answers: { 200: { message: "Message unpinned", data: message } },
    failures: ["not_a_participant", "message_deleted"],
  });
  app.delete("/messages/:messageId/pin", aboutUnpin, loggedIn, async (c) => {
    const unpinned = await pins.set(conversationIdOf(c), principalOf(c).userId, messageIdOf(c), false);
    return success(c, { message: "Message unpinned", data: unpinned.message });
  });

  const aboutList = about({
    id: "listPins",
    summary: "The pinned messages of a conversation, newest pin first",
    answers: { 200: { data: z.array(message) } },
    failures: ["not_a_participant"],
  });
  app.get("/pins", aboutList, loggedIn, async (c) =>
    success(c, { data: await pins.list(conversationIdOf(c), principalOf(c).userId) }),
  );

  return app;
}
