// The limit: the least that a chat server of many nodes can do, and nothing else. One Redis script a message, one
// subscriber; a page of history is a session, its rows and their number. It checks nobody and stores nothing on a disk.
import { Redis } from "ioredis";

const KEPT_S = 24 * 3600;
const POST = `
local n = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], n, ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
redis.call('PUBLISH', KEYS[4], ARGV[1])
return n`;

interface Seat {
  room: string;
  user: number;
}

const url = process.env["REDIS_URL"];
if (url === undefined) throw new Error("REDIS_URL is not set");
const redis = new Redis(url, { enableAutoPipelining: true });
const subscriber = new Redis(url);
const post = String(await redis.script("LOAD", POST));
/** Sockets by room. */
const present = new Map<string, number>();

const server = Bun.serve<Seat>({
  hostname: process.env["HOST"] ?? "127.0.0.1",
  port: Number(process.env["PORT"]),
  async fetch(request, self) {
    const { pathname, searchParams } = new URL(request.url);
    const cookie = request.headers.get("Cookie") ?? "";
    const [, pageOf] = /^\/api\/chat\/conversations\/([^/]+)\/messages\/$/.exec(pathname) ?? [];
    if (pageOf !== undefined) return page(pageOf, cookie, Number(searchParams.get("limit")));
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
      if (others === 0) await subscriber.subscribe(room);
      socket.send(JSON.stringify({ type: "connection_established", conversation_id: room }));
    },
    close({ data: { room } }) {
      const left = (present.get(room) ?? 1) - 1;
      if (left > 0) present.set(room, left);
      else {
        present.delete(room);
        void subscriber.unsubscribe(room);
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
      redis
        .evalsha(post, 4, `n:${room}`, `m:${room}`, `u:${room}`, room, message, KEPT_S, user)
        .catch((error: Error) => socket.send(JSON.stringify({ type: "error", message: error.message })));
    },
  },
});

subscriber.on("message", (room, message) => server.publish(room, `{"type":"message","message":${message}}`));

async function page(room: string, cookie: string, limit: number): Promise<Response> {
  const rowsOf = `m:${room}`;
  const [, rows, total] = await Promise.all([
    redis.get(`session:${cookie}`),
    redis.zrevrange(rowsOf, 0, limit - 1),
    redis.zcard(rowsOf),
  ]);
  const messages = rows.reverse().join(",");
  return new Response(
    `{"status":"success","data":{"conversation_id":"${room}","messages":[${messages}],"count":${rows.length},"total":${total}}}`,
    { headers: { "Content-Type": "application/json" } },
  );
}
