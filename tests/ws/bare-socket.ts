import { ClientSocket, type Upgrade } from "../../src/server/ws/socket.ts";
import { Socket } from "../support/socket.ts";

/** A node's sockets without the node, so that nothing happens to them except by the test. */
export interface BareSockets {
  /** One on `/ws/`, or on the socket of one conversation: the server's end, and the client's. */
  open(userId: number, conversationId?: string): Promise<{ socket: ClientSocket; client: Socket }>;
  publish(topic: string, frame: string): void;
  stop(): Promise<void>;
}

/** Handles nothing. */
const NOBODY = { handle: () => undefined, closed() {} };

export function startBareSockets(): BareSockets {
  const opened: ((socket: ClientSocket) => void)[] = [];
  const server = Bun.serve<Upgrade>({
    port: 0,
    hostname: "127.0.0.1",
    fetch(request, server) {
      const { searchParams } = new URL(request.url);
      const visitor = {
        actor: { userId: Number(searchParams.get("user")), fullName: "Some Body" },
        sessionId: "",
        token: "",
        conversationId: searchParams.get("conversation") ?? undefined,
        cursor: undefined,
        meCursor: undefined,
        accepts: new Set<never>(),
      };
      return server.upgrade(request, { data: { visitor, socket: undefined } })
        ? undefined
        : new Response(null, { status: 400 });
    },
    websocket: {
      open(raw) {
        const { visitor } = raw.data;
        if (visitor) opened.shift()?.(new ClientSocket(raw, NOBODY, visitor));
      },
      message() {},
    },
  });
  return {
    async open(userId, conversationId) {
      const conversation = conversationId === undefined ? "" : `&conversation=${conversationId}`;
      const { promise, resolve } = Promise.withResolvers<ClientSocket>();
      opened.push(resolve);
      const client = new Socket(`ws://127.0.0.1:${server.port}/?user=${userId}${conversation}`);
      return { socket: await promise, client };
    },
    publish: (topic, frame) => void server.publish(topic, frame),
    stop: () => server.stop(true),
  };
}

/** All that was sent to it before has arrived. */
export async function flushed({ socket, client }: { socket: ClientSocket; client: Socket }): Promise<void> {
  const ref = crypto.randomUUID();
  socket.send(JSON.stringify({ type: "flushed", ref }));
  await client.next("flushed", (frame) => frame.ref === ref);
}
