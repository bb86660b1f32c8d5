import { Hono } from "hono";
import { notificationSettingsBody, notificationsMe, whyAnswer } from "../../../protocol/notifications.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, messageIdOf } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { Notifications } from "./service.ts";

interface Services {
  notifications: Notifications;
}

const section = {
  name: "Notifications",
  description: "When and about what you are notified. The server and all your devices decide by the same rules.",
};

export const notificationRoutes: RouteGroup<Services> = {
  path: "/api/users/notifications",
  section,
  routes({ notifications }) {
    const app = new Hono<Env>();

    const aboutRead = about({
      id: "getNotifications",
      summary: "Your notification settings",
      answers: { 200: { data: notificationsMe } },
    });
    app.get("/", aboutRead, loggedIn, async (c) =>
      success(c, { data: await notifications.read(principalOf(c).userId) }),
    );

    const aboutChange = about({
      id: "changeNotifications",
      summary: "Changes your notification settings",
      description:
        "You may leave out any field and any weekday. Your devices get a `me` frame of kind `notifications`.",
      answers: { 200: { message: "Settings saved", data: notificationsMe } },
    });
    app.patch("/", aboutChange, loggedIn, json(notificationSettingsBody), async (c) => {
      const data = await notifications.change(principalOf(c).userId, c.req.valid("json"));
      return success(c, { message: "Settings saved", data });
    });

    return app;
  },
};

export const whyRoutes: RouteGroup<Services> = {
  path: "/api/chat/conversations/:conversationId/messages/:messageId/why",
  section,
  routes({ notifications }) {
    const app = new Hono<Env>();

    const aboutWhy = about({
      id: "whyNotified",
      summary: "Why a message does or does not notify you",
      description:
        "The answer is what a message like this would do if it came now and you looked elsewhere, by your settings of now. Text for people is in `text`.",
      answers: { 200: { data: whyAnswer } },
      failures: ["not_a_participant"],
    });
    app.get("/", aboutWhy, loggedIn, async (c) => {
      const data = await notifications.why(principalOf(c).userId, conversationIdOf(c), messageIdOf(c));
      return success(c, { data });
    });

    return app;
  },
};
