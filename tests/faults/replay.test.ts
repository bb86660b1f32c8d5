import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { modes } from "../support/modes.ts";
import { sharedPostgres } from "../support/postgres.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range, sendAll, versionsIn } from "../ws/frames.ts";

/** Twelve pages of a replay, each of which is a moment away. */
const CHANGES = 600;
const DELAY_MS = 30;

describe.skipIf(!modes.includes("postgres"))("PostgreSQL goes away in the middle of a replay", () => {
  let network: TcpProxy;
  let server: TestServer;

  beforeAll(async () => {
    const url = new URL(await (await sharedPostgres()).createDatabase());
    network = await startProxy(Number(url.port));
    url.port = String(network.port);
    server = await startTestServer("postgres", { DATABASE_URL: url.href });
  });
  afterAll(async () => {
    await server.stop();
    await network.stop();
  });

  test("the socket answers other frames, and the replay goes on when the database is back", async () => {
    const [ann, bob] = [await server.person(), await server.person()];
    const { id } = await ann.conversation([bob]);
    await sendAll(
      await ann.chat(id),
      range(1, CHANGES).map((n) => `${n}`),
    );
    const socket = await bob.hub();
    network.delayMs = DELAY_MS;
    socket.send({ type: "subscribe", conversation_id: id, after_version: 0, ref: "from the start" });
    await socket.next("subscribed");
    network.delayMs = 0;
    network.state = "refuse";
    network.cut();

    socket.send({ type: "message", conversation_id: id, content: "now?", ref: "send" });
    await socket.settled();
    const refusal = await socket.next("error", (frame) => frame.ref === "send");
    expect(refusal.code).toBe("unavailable");
    expect(versionsIn(socket.frames).length).toBeLessThan(CHANGES);

    network.state = "pass";
    await socket.until((frames) => versionsIn(frames).length >= CHANGES, 15_000);
    expect(versionsIn(socket.frames).slice(0, CHANGES)).toEqual(range(1, CHANGES));
    socket.close();
  });
});
