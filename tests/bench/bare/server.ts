// The least that a chat server can do over sockets. It checks nobody.
import type { Server } from "bun";

export interface Seat {
  room: string;
  user: number;
}

/** Where the bare server keeps messages, and how they come back to the sockets of a room. */
export interface Keeper {
  /** The first socket has entered the room. */
  open(room: string): Promise<void> | void;
  /** The last socket has left the room. */
  close(room: string): void;
  /** Keeps a message and brings it to its room. @param message as JSON */
  post(room: string, user: number, message: string): Promise<void>;
  /** Answers a request for a page of history. */
  page?(room: string, cookie: string, limit: number): Promise<Response>;
}

/** Serves on the address in `HOST` and `PORT`. */
export function serve(keeperOn: (server: Server<Seat>) => Keeper): void {
  /** Sockets by room. */
  const present = new Map<string, number>();
  const server = Bun.serve<Seat>({
    hostname: process.env["HOST"] ?? "127.0.0.1",
    port: Number(process.env["PORT"]),
    async fetch(request, self) {
      const { pathname, searchParams } = new URL(request.url);
      const cookie = request.headers.get("Cookie") ?? "";
      const [, pageOf] = /^\/api\/chat\/conversations\/([^/]+)\/messages\/$/.exec(pathname) ?? [];
      if (pageOf !== undefined && keeper.page) return keeper.page(pageOf, cookie, Number(searchParams.get("limit")));
      const [, room] = /^\/ws\/chat\/([^/]+)\/$/.exec(pathname) ?? [];
      const user = Number(/\d+/.exec(cookie)?.[0] ?? 0);
      if (room !== undefined && self.upgrade(request, { data: { room, user } })) return undefined;
      return new Response(null, { status: pathname === "/api/chat/health/ready/" ? 200 : 404 });
    },
    websocket: {
      data: { room: "", user: 0 },
      perMessageDeflate: false,
      backpressureLimit: 64 * 1024 * 1024,
      async open(socket) {
        const { room } = socket.data;
        socket.subscribe(room);
        const others = present.get(room) ?? 0;
        present.set(room, others + 1);
        if (others === 0) await keeper.open(room);
        socket.send(JSON.stringify({ type: "connection_established", conversation_id: room }));
      },
      close({ data: { room } }) {
        const left = (present.get(room) ?? 1) - 1;
        if (left > 0) present.set(room, left);
        else {
          present.delete(room);
          keeper.close(room);
        }
      },
      message(socket, frame) {
        const { room, user } = socket.data;
        const now = new Date();
        const message = JSON.stringify({
          id: crypto.randomUUID(),
          conversation_id: room,
          sender_id: user,
          sender_name: "Somebody Else",
          sender_email: "somebody@example.com",
          content: JSON.parse(String(frame)).content,
          timestamp: now.getTime() / 1000,
          created_at: now.toISOString(),
        });
        keeper
          .post(room, user, message)
          .catch((error: Error) => socket.send(JSON.stringify({ type: "error", message: error.message })));
      },
    },
  });
  const keeper = keeperOn(server);
}

export const frameOf = (message: string) => `{"type":"message","message":${message}}`;
