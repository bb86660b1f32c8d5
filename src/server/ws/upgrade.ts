import { type Context, Hono } from "hono";
import { z } from "zod";
import { resumeTag } from "../../protocol/conversations.ts";
import type { FailureName } from "../../protocol/failures.ts";
import { accepts } from "../../protocol/sockets.ts";
import { uuid } from "../../protocol/text.ts";
import { Failure } from "../base/failure.ts";
import { about } from "../http/about.ts";
import { type Env, loggedIn, sessionOf } from "../http/env.ts";
import { conversationIdOf, optionalCounter, query } from "../http/input.ts";
import { UPGRADED } from "../http/middleware/api-log.ts";
import type { RouteGroup } from "../http/route-group.ts";
import type { Access } from "../log/access.ts";
import type { SocketPlaces } from "../places/places.ts";
import type { Visitor } from "./socket.ts";

/** Where requests become sockets: Bun's native upgrade. */
export interface SocketGate {
  /** False when the request is no valid WebSocket handshake. A socket gives its place back when it has closed. */
  upgrade(request: Request, visitor: Visitor): boolean;
}

const chatQuery = z.object({ after_version: optionalCounter, tag: resumeTag.optional(), accepts });
const userQuery = z.object({
  accepts,
  after_me_version: optionalCounter,
  epoch: uuid.optional().meta({ description: "The epoch in which you got `after_me_version`." }),
});

interface Services {
  access: Access;
  gate: SocketGate;
  places: SocketPlaces;
  maxSocketsPerUser: number;
  isDraining: () => boolean;
}

/** The routes that become sockets. Everything is refused here, with an HTTP status, before a socket exists. */
export const socketRoutes: RouteGroup<Services> = {
  path: "/ws",
  section: {
    name: "Sockets",
    description: "Here you open a WebSocket. [The frames](/api/docs/#sockets) have pages of their own.",
  },
  failures: { always: ["foreign_origin"] },
  routes,
};

function routes(services: Services): Hono<Env> {
  const { access, gate, places, maxSocketsPerUser, isDraining } = services;
  const app = new Hono<Env>();

  const upgrade = async (c: Context<Env>, wanted: Omit<Visitor, "actor" | "sessionId" | "token">) => {
    const { conversationId } = wanted;
    if (isDraining()) throw new Failure("draining", { retryAfter: 1 });
    const { userId, fullName, id: sessionId } = sessionOf(c);
    if (conversationId !== undefined) await access.requireParticipant(conversationId, userId);
    if (!isHandshake(c)) throw upgradeRequired(c);

    if (!(await places.take(userId, maxSocketsPerUser))) throw new Failure("too_many_sockets", { retryAfter: 5 });
    const actor = { userId, fullName };
    const visitor = { actor, sessionId, token: c.var.token ?? "", ...wanted };
    // The node may have begun to stop while this request waited: no socket may open after that.
    if (isDraining() || !gate.upgrade(c.req.raw, visitor)) {
      places.giveBack(userId);
      throw isDraining() ? new Failure("draining", { retryAfter: 1 }) : upgradeRequired(c);
    }
    // Bun has answered; Hono still wants a response to pass through its middleware.
    return new Response(null, { headers: { [UPGRADED]: "1" } });
  };

  const refusals: FailureName[] = ["upgrade_required", "too_many_sockets", "draining"];
  const answers = { 101: { description: "The WebSocket is open." } };
  const aboutChat = about({
    id: "chatSocket",
    summary: "A socket on one conversation",
    description:
      "`after_version` replays every later change before live ones. With the `tag` of that change, the server sends a `reset` if it has another history there.",
    answers,
    failures: ["not_a_participant", ...refusals],
  });
  app.get("/chat/:conversationId", aboutChat, loggedIn, query(chatQuery), (c) => {
    const { after_version: version, tag, accepts } = c.req.valid("query");
    const cursor = version === undefined ? undefined : { version, tag };
    return upgrade(c, { conversationId: conversationIdOf(c), cursor, meCursor: undefined, accepts });
  });
  const aboutUser = about({
    id: "userSocket",
    summary: "One socket for all your conversations",
    description:
      "`after_me_version` replays the personal settings that have changed since, such as archived conversations. With the `epoch` of that time, the server sends a `me_reset` if it has another history.",
    answers,
    failures: refusals,
  });
  app.get("/", aboutUser, loggedIn, query(userQuery), (c) => {
    const { after_me_version: after, epoch, accepts } = c.req.valid("query");
    const meCursor = after === undefined ? undefined : { after, epoch };
    return upgrade(c, { conversationId: undefined, cursor: undefined, meCursor, accepts });
  });
  return app;
}

/** Checks the version too: Bun would refuse another one without the contract's envelope. */
const isHandshake = (c: Context<Env>) =>
  c.req.header("upgrade")?.toLowerCase() === "websocket" && c.req.header("sec-websocket-version") === "13";

function upgradeRequired(c: Context<Env>): Failure {
  c.header("Upgrade", "websocket");
  return new Failure("upgrade_required");
}
