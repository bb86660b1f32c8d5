import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import postgres, { type Sql } from "postgres";
import { clientOf, online, until } from "../sdk/people.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";

/** PostgreSQL's error codes for values that it can't store: wrong encoding, form, length or size in an index. */
const SQLSTATES = ["22P05", "22021", "22P02", "22001", "22003", "54000"];

describe.skipIf(!modes.includes("postgres"))("what the database can't store", () => {
  let server: TestServer;
  let sql: Sql;
  let ann: Client;
  let bob: Client;
  let conversation = "";

  beforeAll(async () => {
    server = await startTestServer("postgres");
    sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    // As a database whose encoding has no such character; no database that is served has such an encoding.
    await sql.unsafe(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no equivalent' USING ERRCODE = substr(NEW.content, 8, 5); END $$`);
    await sql.unsafe(
      "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON messages FOR EACH ROW WHEN (NEW.content LIKE 'refuse %') EXECUTE FUNCTION refuse()",
    );
    [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    conversation = (await ann.conversation([bob])).id;
  });
  afterAll(async () => {
    await sql.end();
    await server.stop();
  });

  const path = () => `/api/chat/conversations/${conversation}/messages/`;

  test.each(SQLSTATES)("is a 400 with a code of its own over HTTP (%s)", async (state) => {
    const sent = await ann.post(path(), { content: `refuse ${state}`, client_id: state });
    expect(sent).toMatchObject({ status: 400, body: { code: "unstorable" } });
    expect(sent.text).not.toContain("no equivalent");
    const { id } = await ann.send(conversation, "fine");
    expect(await ann.patch(`${path()}${id}/`, { content: `refuse ${state}` })).toMatchObject({
      status: 400,
      body: { code: "unstorable" },
    });
    // It may be a fault of ours: the log has it.
    expect(server.log.some((line) => line.includes("a request failed") && line.includes(`"code":"${state}"`))).toBe(
      true,
    );
  });

  test("is an error frame that says so, and does not affect others", async () => {
    const socket = await ann.chat(conversation);
    socket.send({ type: "message", content: "before", client_id: "1" });
    socket.send({ type: "message", content: "refuse 22P05", client_id: "2" });
    socket.send({ type: "message", content: "after", client_id: "3" });
    expect(await socket.next("ack", (frame) => frame.client_id === "3")).toBeDefined();
    expect(await socket.next("error")).toMatchObject({ code: "unstorable", client_id: "2" });
    expect(socket.all("error")[0].retry_after).toBeUndefined();
    socket.close();
  });

  test("is sent once by the SDK and shown as failed, and the messages behind it go on", async () => {
    const client = await online(clientOf(ann));
    const opened = client.open(conversation);
    const refused = opened.send("refuse 22P05");
    const behind = opened.send("behind it");
    expect(refused.done).rejects.toMatchObject({ code: "unstorable" });
    await behind.done;
    await until(() =>
      opened.messages.some((message) => message.content === "refuse 22P05" && message.state === "failed"),
    );
    await client.close();
  });
});
