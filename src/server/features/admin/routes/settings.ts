import { Hono } from "hono";
import { changeSettingsBody, type ServerSettingsInfo, serverSettings } from "../../../../protocol/server.ts";
import { about } from "../../../http/about.ts";
import { success } from "../../../http/answers.ts";
import type { Env } from "../../../http/env.ts";
import { json } from "../../../http/input.ts";
import type { ServerSettings } from "../../server/settings.ts";
import { adminOf } from "./superusers.ts";

export function settingsRoutes(services: { settings: ServerSettings; proxyHeadersSeen(): boolean }) {
  const { settings, proxyHeadersSeen } = services;
  const app = new Hono<Env>();
  const shown = (): ServerSettingsInfo => ({
    name: settings.name,
    color: settings.color,
    color_fixed: settings.isFixed("color"),
    registration: settings.registration,
    registration_fixed: settings.isFixed("registration"),
    default_conversation_id: settings.defaultConversationId,
    proxy_headers_seen: proxyHeadersSeen(),
  });

  const aboutSettings = about({
    id: "adminGetSettings",
    summary: "The settings that admins can change",
    superusers: true,
    answers: { 200: { data: serverSettings } },
  });
  app.get("/", aboutSettings, (c) => success(c, { data: shown() }));

  const aboutChange = about({
    id: "adminChangeSettings",
    summary: "Changes settings, on all nodes at once",
    description:
      "A setting that is left out stays as it is. REGISTRATION and COLOR in the environment win. `default_conversation_id` is a group that new accounts join.",
    superusers: true,
    answers: { 200: { message: "Settings changed", data: serverSettings } },
  });
  app.patch("/", aboutChange, json(changeSettingsBody), async (c) => {
    const body = c.req.valid("json");
    await settings.set(adminOf(c), {
      ...(body.name === undefined ? {} : { name: body.name }),
      ...(body.color === undefined ? {} : { color: body.color }),
      ...(body.registration === undefined ? {} : { registration: body.registration }),
      ...(body.default_conversation_id === undefined ? {} : { defaultConversationId: body.default_conversation_id }),
    });
    return success(c, { message: "Settings changed", data: shown() });
  });
  return app;
}
