import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import postgres from "postgres";
import type { Client } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { isCommitted, startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";

setDefaultTimeout(60_000);

/** Far less than the minute after which nodes notice ended sessions without an event. */
const SOON_MS = 5_000;

describe.skipIf(!modes.includes("postgres"))("an admin's act whose answer is lost", () => {
  let place: Place;
  let network: TcpProxy;
  let server: TestServer;
  let sql: postgres.Sql;
  let root: Client;

  beforeAll(async () => {
    place = await makePlace("postgres");
    const url = new URL(place.environment["DATABASE_URL"] ?? "");
    sql = postgres(url.href, { max: 1, onnotice: () => {} });
    network = await startProxy(Number(url.port));
    url.port = String(network.port);
    server = await startTestServer("postgres", { DATABASE_URL: url.href });
    root = await superuser(server, "Root");
  });
  afterAll(async () => {
    await server.stop();
    await network.stop();
    await sql.end();
    place.remove();
  });

  const acts: Record<string, (person: Client) => ReturnType<Client["get"]>> = {
    "a deactivation": (person) => root.patch(`/api/admin/users/${person.id}/`, { is_active: false }),
    "an end of all sessions": (person) => root.delete(`/api/admin/users/${person.id}/sessions/`),
  };
  const sessionsOf = async (person: Client) => (await sql`SELECT id FROM sessions WHERE user_id = ${person.id}`).length;

  for (const [name, act] of Object.entries(acts)) {
    test(`${name} whose commit is not answered closes the sockets soon, without a repeated request`, async () => {
      // On a server that has been at work, the connections have prepared their commits.
      const others = await Promise.all(["Bea", "Cem", "Dan", "Eli"].map((person) => server.person(person)));
      await Promise.all(others.map(act));
      const ann = await server.person("Ann");
      const socket = await ann.hub();
      network.loseAnswers = { left: 1, match: (_, answer) => isCommitted(answer) };
      const { status } = await act(ann);
      const left = network.loseAnswers.left;
      network.loseAnswers = undefined;
      expect([status, left, await sessionsOf(ann)]).toEqual([503, 0, 0]);
      const end = await Promise.race([socket.closed, Bun.sleep(SOON_MS)]);
      expect(end?.code).toBe(4401);
    });

    test(`${name} that is committed after its caller gave up closes the sockets soon after its commit`, async () => {
      const ann = await server.person("Ann");
      const socket = await ann.hub();
      // Each of the two statements is within its time limit, and both together exceed that of the request.
      await sql.unsafe(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_sleep(3); RETURN coalesce(new, old); END $$`);
      await sql.unsafe("CREATE TRIGGER slow BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION slow()");
      await sql.unsafe("CREATE TRIGGER slow BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION slow()");
      expect((await act(ann)).status).toBe(503);
      expect(await sessionsOf(ann)).toBe(1);
      while ((await sessionsOf(ann)) > 0) await Bun.sleep(50);
      const end = await Promise.race([socket.closed, Bun.sleep(SOON_MS)]);
      expect(end?.code).toBe(4401);
      await sql.unsafe("DROP FUNCTION slow CASCADE");
    });
  }
});
