import { type Context, Hono } from "hono";
import { type ServerInfo, serverInfo } from "../../../protocol/server.ts";
import { about } from "../../http/about.ts";
import { success } from "../../http/answers.ts";
import type { Env } from "../../http/env.ts";
import type { OwnMachine } from "../../http/own-machine.ts";
import type { RouteGroup } from "../../http/route-group.ts";
import type { FirstUser } from "../accounts/first-user.ts";
import type { ServerSettings } from "./settings.ts";

export interface ServerServices {
  settings: ServerSettings;
  firstUser: FirstUser;
  ownMachine: OwnMachine;
  /** The settings that only the environment sets. */
  fixedSettings: Pick<ServerInfo, "names" | "directory" | "max_file">;
}

export const serverRoutes: RouteGroup<ServerServices> = {
  path: "/api/server",
  section: { name: "Server", description: "Facts that a page needs before a login; never throttled." },
  routes,
};

function routes(services: ServerServices) {
  const app = new Hono<Env>();
  const aboutServer = about({
    id: "getServer",
    summary: "Facts that a page needs before a login",
    description: "It counts for no limit.",
    public: true,
    answers: { 200: { data: serverInfo } },
  });
  app.get("/", aboutServer, async (c) => success(c, { data: await serverInfoFor(c, services) }));
  return app;
}

/** The facts about this server that a request may know. Rejects when it needs the database and that is away. */
export async function serverInfoFor(c: Context<Env>, services: ServerServices): Promise<ServerInfo> {
  const { settings, firstUser, ownMachine } = services;
  return {
    name: settings.name,
    color: settings.color,
    registration: settings.registration,
    ...services.fixedSettings,
    first_user: await firstUser.way(() => ownMachine.isDirect(c)),
  };
}
