import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode, makePlace, type Place } from "../support/modes.ts";
import { freePort } from "../support/postgres.ts";
import { type ServerProcess, spawnServer } from "../support/process.ts";
import type { Frame } from "../support/socket.ts";

setDefaultTimeout(180_000);

const COUNT = 20;
const ROUNDS = 4;
const PATIENCE_MS = 60_000;

inEachMode("kill -9 while scheduled messages and reminders are due", (mode) => {
  let place: Place;
  let server: ServerProcess | undefined;

  afterEach(async () => {
    server?.kill("SIGKILL");
    await server?.exited;
    place.remove();
  });

  const sentTo = async (client: Client, id: string): Promise<Message[]> =>
    (await client.get(`/api/chat/conversations/${id}/messages/?limit=100`)).body.data.messages;

  test("each message is sent once, and each reminder comes once", async () => {
    place = await makePlace(mode);
    const environment = { ...place.environment, PORT: String(await freePort()) };
    server = await spawnServer(environment);
    const ann = await server.visitor().signUp("Ann");
    const bob = await server.visitor().signUp("Bob");
    const { id } = await ann.conversation([bob]);
    const saved: string[] = [];
    for (let n = 0; n < COUNT; n++) saved.push((await bob.send(id, `saved ${n}`)).id);
    const start = Date.now() + 20_000;
    const at = (n: number) => new Date(start + n * 150).toISOString();
    for (let n = 0; n < COUNT; n++) {
      const body = { content: `later ${n}`, send_at: at(n) };
      expect((await ann.post(`/api/chat/conversations/${id}/scheduled/`, body)).status).toBe(201);
      expect((await ann.put(`/api/chat/saved/${saved[n]}/`, { remind_at: at(n) })).status).toBe(200);
    }
    const repeating = { content: "every day", send_at: at(4), repeat: "daily" };
    expect((await ann.post(`/api/chat/conversations/${id}/scheduled/`, repeating)).status).toBe(201);
    const before = (await ann.hub()).all("connection_established")[0].me_version;

    // Killed in the middle of them, again and again.
    for (let round = 0; round < ROUNDS; round++) {
      const wanted = saved.length + Math.ceil(((round + 0.5) * COUNT) / ROUNDS);
      const until = Date.now() + PATIENCE_MS;
      while ((await sentTo(bob, id)).length < Math.min(wanted, 100) && Date.now() < until) await Bun.sleep(5);
      server.kill("SIGKILL");
      await server.exited;
      server = await spawnServer(environment);
    }
    const until = Date.now() + PATIENCE_MS;
    while (Date.now() < until) {
      const due = (await ann.get("/api/chat/me/reminder/")).body.data.length;
      if (due === COUNT && (await sentTo(bob, id)).length === 2 * COUNT + 1) break;
      await Bun.sleep(100);
    }
    // A lease of a dead node ends after 10 s. Nothing may come a second time then.
    await Bun.sleep(12_000);
    const messages = (await sentTo(bob, id)).slice(COUNT).map(({ content }) => content);
    expect(messages.toSorted()).toEqual(
      [...Array.from({ length: COUNT }, (_, n) => `later ${n}`), "every day"].toSorted(),
    );
    const device = await ann.hub(`?after_me_version=${before}`);
    await device.until(() => device.all("me").length === 2 * COUNT + 1, PATIENCE_MS);
    const reminders = device.all("me").filter(({ kind, value }: Frame) => kind === "reminder" && value);
    expect(reminders.map(({ key }: Frame) => key).toSorted()).toEqual(saved.toSorted());
    // Each reminder took one version, each message one when it went, and the repeating one moved on once.
    expect(device.all("connection_established")[0].me_version - before).toBe(2 * COUNT + 1);
    expect((await ann.get("/api/chat/scheduled/")).body.data).toMatchObject([
      { content: "every day", state: "waiting" },
    ]);
    device.close();
  });
});
