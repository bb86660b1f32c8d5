import type { Server } from "bun";
import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import { type Node, openNode } from "../../src/server/node/compose.ts";
import type { Upgrade } from "../../src/server/ws/socket.ts";
import { socketLimits } from "../../src/server/ws/sockets.ts";

/** A node whose inside a test may look at, or lay hand on as an administrator would. */
export interface OpenNode {
  url: string;
  node: Node;
  server: Server<Upgrade>;
}

/** Wired as src/server/node/listen.ts does it. */
export async function startOpenNode(environment: Record<string, string>): Promise<OpenNode> {
  let opened: Node | undefined;
  const server = Bun.serve<Upgrade>({
    port: 0,
    hostname: "127.0.0.1",
    fetch: (request, server) => opened?.fetch(request, server) ?? new Response(null, { status: 503 }),
    websocket: {
      ...socketLimits,
      open: (raw) => raw.data.visitor && opened?.sockets.open(raw, raw.data.visitor),
      message: (raw, frame) => raw.data.socket?.receive(frame),
      drain: (raw) => raw.data.socket?.onDrain(),
      close: (raw) => raw.data.socket?.onClosed(),
    },
  });
  const node = await openNode({
    config: readConfig(environment),
    logger: pino({ level: "silent" }),
    writeApiLog: () => {},
    writeSecurityLog: () => {},
    server: () => server,
    onLost: () => {},
  });
  opened = node;
  return { url: server.url.origin, node, server };
}
