import { expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import { inEachMode, makePlace } from "../support/modes.ts";
import { startTestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

setDefaultTimeout(60_000);

inEachMode("messages per day", (mode) => {
  test("a server counts the newest messages before it stops", async () => {
    const place = await makePlace(mode);
    const first = await startTestServer(mode, place.environment);
    const root = await superuser(first);
    const bob = await first.person("Bob");
    const { id } = await root.conversation([bob]);
    const sent = await root.send(id, "one");
    await bob.send(id, "two");
    await root.delete(`/api/chat/conversations/${id}/messages/${sent.id}/`);
    await bob.send(id, "three");
    await first.stop();
    if (mode !== "embedded") {
      const sql = postgres(place.environment["DATABASE_URL"] ?? "", { max: 1 });
      expect([...(await sql`SELECT messages::int AS messages FROM statistics`)]).toEqual([{ messages: 3 }]);
      await sql.end();
    }
    const second = await startTestServer(mode, place.environment);
    const there = await second.visitor().logIn(root.user?.email ?? "");
    const { body } = await there.get("/api/admin/statistics/");
    expect(body.data.at(-1).messages).toBe(3);
    await second.stop();
    place.remove();
    expect(first.log.filter((line) => JSON.parse(line).level >= 50)).toEqual([]);
  });
});
