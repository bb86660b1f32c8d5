import { Hono } from "hono";
import { message } from "../../../protocol/messages.ts";
import { previewSettingsBody, previewSettingsMe } from "../../../protocol/previews.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import { type Env, loggedIn, principalOf } from "../../http/env.ts";
import { conversationIdOf, json, messageIdOf } from "../../http/input.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { OwnPreviewSettings } from "./own-settings.ts";
import type { Previews } from "./service.ts";

interface Services {
  previews: Previews;
}

export const ownPreviewRoutes: RouteGroup<{ previewSettings: OwnPreviewSettings }> = {
  path: "/api/users/previews",
  section: { name: "Link previews", description: "Whether you see what the addresses in messages lead to." },
  routes({ previewSettings: own }) {
    const app = new Hono<Env>();

    const aboutRead = about({
      id: "getPreviewSettings",
      summary: "Whether you see link previews",
      answers: { 200: { data: previewSettingsMe } },
    });
    app.get("/", aboutRead, loggedIn, async (c) => success(c, { data: await own.read(principalOf(c).userId) }));

    const aboutChange = about({
      id: "changePreviewSettings",
      summary: "Shows you link previews, or hides them from you",
      description: "Others see them as they want. Your devices get a `me` frame of kind `previews`.",
      answers: { 200: { message: "Settings saved", data: previewSettingsMe } },
    });
    app.patch("/", aboutChange, loggedIn, json(previewSettingsBody), async (c) => {
      const data = await own.change(principalOf(c).userId, c.req.valid("json"));
      return success(c, { message: "Settings saved", data });
    });

    return app;
  },
};

export const previewRoutes: RouteGroup<Services> = { path: "/api/chat/conversations/:conversationId", routes };

function routes({ previews }: Services) {
  const app = new Hono<Env>();

  const aboutRemove = about({
    id: "removePreviews",
    summary: "Removes the previews of a message for good",
    description: "Its sender may do so, and a superuser among the members. A repeat changes nothing.",
    answers: { 200: { message: "Previews removed", data: message } },
    failures: ["not_a_participant", "not_the_sender", "message_deleted"],
  });
  app.delete("/messages/:messageId/previews", aboutRemove, loggedIn, async (c) => {
    const removed = await previews.remove(conversationIdOf(c), principalOf(c).userId, messageIdOf(c));
    return success(c, { message: "Previews removed", data: removed.message });
  });

  return app;
}
