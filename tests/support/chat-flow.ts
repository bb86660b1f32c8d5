import { expect } from "bun:test";
import postgres from "postgres";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database, isUnavailable } from "../../src/server/platform/postgres/database.ts";
import { NO_LIMITS, sessionPrelude } from "../../src/server/platform/postgres/session.ts";
import { PASSWORD } from "./client.ts";
import { startTestServer } from "./server.ts";

const RECENT_MS = 60_000;
/** The day and the month of this date are swapped when something reads them in the wrong order. */
const EARLY_IN_A_MONTH = "2026-03-04T15:09:26.535Z";
/** Longer than a time-out that is meant to disturb. */
const IDLE_MS = 300;

const isRecent = (time: string) => Math.abs(Date.parse(time) - Date.now()) < RECENT_MS;

/**
 * A chat of several people on a PostgreSQL database that somebody else made. Each answer equals that on our own
 * database.
 * @param admin a superuser's URL of the same database, for changes that no call can make
 */
export async function expectChatWorks(databaseUrl: string, admin = databaseUrl): Promise<void> {
  const server = await startTestServer("postgres", { DATABASE_URL: databaseUrl });
  const prelude = sessionPrelude("public", NO_LIMITS);
  const sql = postgres(admin, { max: 1, onnotice: () => {}, prelude });
  try {
    const ann = await server.person("Ann");
    const bob = await server.person("Bob");
    expect(isRecent(ann.user?.date_joined ?? "")).toBe(true);
    const again = await server.visitor().post("/api/users/register/", {
      email: ann.user?.email.toUpperCase(),
      first_name: "Ann",
      last_name: "Again",
      password: PASSWORD,
      password_confirm: PASSWORD,
    });
    expect(again.body.errors).toEqual({ email: ["A user with this email already exists."] });
    await sql.unsafe(`UPDATE public.users SET date_joined = TIMESTAMPTZ '${EARLY_IN_A_MONTH}' WHERE id = ${ann.id}`);
    expect((await ann.get("/api/users/profile/")).body.data.date_joined).toBe(EARLY_IN_A_MONTH);
    expect((await ann.get("/api/users/sessions/")).body.data).toHaveLength(1);
    expect((await ann.get("/api/users/list/?search=bob")).body.data[0]).toMatchObject({ id: bob.id });

    const { id } = await ann.conversation([bob]);
    const path = `/api/chat/conversations/${id}/messages/`;
    const first = await ann.send(id, "5 € \\ 'NULL'", "a");
    expect(isRecent(first.created_at)).toBe(true);
    // Two sends without a client_id are two messages, however the database stores its absence.
    await ann.send(id, "no id");
    await ann.send(id, "no id");
    expect((await ann.post(path, { content: "5 € \\ 'NULL'", client_id: "a" })).body.data).toEqual(first);
    const socket = await bob.chat(id);
    await Bun.sleep(IDLE_MS);
    socket.send({ type: "message", content: "over the socket", client_id: "b" });
    expect(await socket.next("ack")).toMatchObject({ seq: 4, version: 4 });
    socket.close();
    expect((await ann.patch(`${path}${first.id}/`, { content: "6 €" })).status).toBe(200);
    expect((await ann.delete(`${path}${first.id}/`)).status).toBe(200);
    const page = (await bob.get(path)).body.data;
    expect(page.messages.map((message: { content: string }) => message.content)).toEqual([
      "",
      "no id",
      "no id",
      "over the socket",
    ]);
    expect(page.messages[0].created_at).toBe(first.created_at);
    expect((await ann.get("/api/chat/conversations/?search=bob")).body.data).toMatchObject([{ id, unread_count: 1 }]);
    await bob.post("/api/users/logout/");
    expect((await bob.get("/api/users/profile/")).status).toBe(401);

    // Retention removes these messages only after a month.
    await sql.unsafe(
      `UPDATE public.messages SET created_at = created_at - interval '30 days' WHERE conversation_id = '${id}' AND seq < 3`,
    );
    await sql.unsafe(`UPDATE public.conversations SET oldest_at = oldest_at - interval '30 days' WHERE id = '${id}'`);
    const driver = await openPatiently(databaseUrl);
    expect(await storesOn(new Database(driver)).log.prune(86_400_000)).toBe(2);
    await driver.close();
  } finally {
    await sql.end();
    await server.stop();
  }
}

/** As a server opens it: a database that ends idle sessions soon may do so while it is looked at on a busy machine. */
async function openPatiently(databaseUrl: string) {
  for (let tries = 1; ; tries++)
    try {
      return await openDriver(readConfig({ DATABASE_URL: databaseUrl }), SILENT);
    } catch (error) {
      if (tries === 10 || !isUnavailable(error)) throw error;
    }
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
