// The limit: the least that a chat server of many nodes can do, and nothing else. One Redis script a message, one
// subscriber; a page of history is a session, its rows and their number. It stores nothing on a disk.
import { Redis } from "ioredis";
import { frameOf, serve } from "./server.ts";

const KEPT_S = 24 * 3600;
const POST = `
local n = redis.call('INCR', KEYS[1])
redis.call('ZADD', KEYS[2], n, ARGV[1])
redis.call('EXPIRE', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
redis.call('PUBLISH', KEYS[4], ARGV[1])
return n`;

const url = process.env["REDIS_URL"];
if (url === undefined) throw new Error("REDIS_URL is not set");
const redis = new Redis(url, { enableAutoPipelining: true });
const subscriber = new Redis(url);
const post = String(await redis.script("LOAD", POST));

serve((server) => {
  subscriber.on("message", (room, message) => server.publish(room, frameOf(message)));
  return {
    async open(room) {
      await subscriber.subscribe(room);
    },
    close(room) {
      void subscriber.unsubscribe(room);
    },
    async post(room, user, message) {
      await redis.evalsha(post, 4, `n:${room}`, `m:${room}`, `u:${room}`, room, message, KEPT_S, user);
    },
    page,
  };
});

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
