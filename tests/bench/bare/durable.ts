// The limit for a server that loses no message: each one is a row of PostgreSQL before anybody sees it. Messages that come
// while a batch is written are the next batch. The table has one index. A single node numbers the messages in its memory.
import postgres from "postgres";
import { arrayLiteral } from "../../../src/server/platform/postgres/values.ts";
import { frameOf, serve } from "./server.ts";

const BATCH_MAX = 256;
const INSERT = `INSERT INTO messages SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::integer[], $4::text[])`;

const url = process.env["DATABASE_URL"];
if (url === undefined) throw new Error("DATABASE_URL is not set");
const database = postgres(url, { max: 1, fetch_types: false });
await database.unsafe(
  "CREATE TABLE messages (room uuid, seq bigint, sender integer, message text, PRIMARY KEY (room, seq))",
);

interface Post {
  room: string;
  seq: number;
  user: number;
  message: string;
  resolve(): void;
  reject(error: unknown): void;
}

serve((server) => {
  const newest = new Map<string, number>();
  const queue: Post[] = [];
  let isWriting = false;

  async function write() {
    isWriting = true;
    // Messages of one tick share a batch.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH_MAX);
      const columns = [
        batch.map(({ room }) => room),
        batch.map(({ seq }) => seq),
        batch.map(({ user }) => user),
        batch.map(({ message }) => message),
      ];
      try {
        await database.unsafe(INSERT, columns.map(arrayLiteral), { prepare: true });
        for (const { room, message, resolve } of batch) {
          server.publish(room, frameOf(message));
          resolve();
        }
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isWriting = false;
  }

  return {
    open() {},
    close() {},
    post(room, user, message) {
      const seq = (newest.get(room) ?? 0) + 1;
      newest.set(room, seq);
      return new Promise((resolve, reject) => {
        queue.push({ room, seq, user, message, resolve, reject });
        if (!isWriting) void write();
      });
    },
  };
});
