import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import type { Message } from "../../src/protocol/messages.ts";
import type { ConfabClient, Conversation, MessageWindow } from "../../src/sdk/index.ts";
import { readConfig } from "../../src/server/config.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database, type Driver } from "../../src/server/platform/postgres/database.ts";
import { Seeder } from "../bench/growth/seed.ts";
import { Random } from "../faults/checker/random.ts";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { range } from "../ws/frames.ts";
import { clientOf, isSettled, online, until } from "./people.ts";

setDefaultTimeout(120_000);

const SEEDED = 3_000;
const STEPS = 150;
/** A window never holds more. */
const WINDOW_MAX = 1_000;

// Only PostgreSQL lets the test prune and put another history in place, at the moments that it chooses.
describe.skipIf(!modes.includes("postgres"))(
  "windows, while messages come, change and go and connections break",
  () => {
    let server: TestServer;
    let proxy: TcpProxy;
    let driver: Driver;
    let sql: Sql;
    beforeAll(async () => {
      server = await startTestServer("postgres");
      proxy = await startProxy(Number(new URL(server.url).port));
      driver = await openDriver(readConfig(server.environment), pino({ level: "silent" }));
      sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
    });
    afterAll(async () => {
      await proxy.stop();
      await sql.end();
      await driver.close();
      await server.stop();
    });

    test.each(["1", "2", "3"])(
      "every window is dense, in order, and in the end equal to the log (seed %s)",
      async (seed) => {
        const random = new Random(seed);
        const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
        const { id } = await ann.conversation([bob]);
        await (await Seeder.on(sql)).messages(id, ann.id, SEEDED);
        const path = `/api/chat/conversations/${id}/messages/`;
        const client = clientOf(bob, { url: `http://127.0.0.1:${proxy.port}` });
        const chat = (await online(client)).open(id);
        const windows: Watched[] = [];
        let head = SEEDED;
        let pruned = 0;
        const messageId = async (seq: number) =>
          (await ann.get(`${path}?around_seq=${seq}&limit=1`)).body.data.messages[0]?.id ?? "";
        /** Mostly near a window: elsewhere nobody would see the change. */
        const someSeq = () => {
          const near = windows.length > 0 && random.chance(0.7) ? random.pick(windows).window.messages : [];
          const shown = near.length > 0 ? random.pick(near).seq : undefined;
          return Math.max(pruned + 1, shown ?? random.int(1, head));
        };
        /** Asks and does not wait: pages are on their way while other things happen. */
        const later = (work: Promise<unknown>) => void work.catch(() => {});

        const acts: Record<string, () => Promise<unknown> | unknown> = {
          window: async () => {
            if (windows.length >= 4) windows.splice(random.int(0, 3), 1)[0]?.close();
            const target = random.chance(0.2) ? random.int(head - 150, head + 50) : random.int(0, head);
            later(chat.around(target).then((window) => windows.push(watched(window, chat))));
            await Bun.sleep(random.int(0, 40));
          },
          older: () => windows.length > 0 && later(random.pick(windows).window.loadOlder(random.int(1, 100))),
          newer: () => windows.length > 0 && later(random.pick(windows).window.loadNewer(random.int(1, 100))),
          liveOlder: () => later(chat.loadOlder(random.int(1, 100))),
          send: async () => {
            for (const n of range(1, random.int(1, 5))) head = (await ann.send(id, `sent ${n}`)).seq;
          },
          edit: async () => {
            const seq = someSeq();
            await ann.patch(`${path}${await messageId(seq)}/`, { content: `edited ${random.int(1, 999)}` });
          },
          remove: async () => ann.delete(`${path}${await messageId(someSeq())}/`),
          prune: async () => {
            pruned = Math.min(head - 600, pruned + random.int(1, 200));
            const old = sql`now() - interval '2 days'`;
            await sql`UPDATE messages SET created_at = ${old} WHERE conversation_id = ${id} AND seq <= ${pruned}`;
            await sql`UPDATE conversations SET oldest_at = ${old} WHERE id = ${id}`;
            await storesOn(new Database(driver)).log.prune(86_400_000);
          },
          cut: () => proxy.cut(),
          silence: () => {
            proxy.state = "freeze";
            setTimeout(() => Object.assign(proxy, { state: "pass" }), random.int(0, 700));
          },
          // As after a restored backup: the same versions with other tags and texts, in another epoch.
          otherHistory: () =>
            sql.begin(async (tx) => {
              await tx`UPDATE messages SET id = gen_random_uuid() WHERE conversation_id = ${id}`;
              await tx`UPDATE messages SET content = 'other ' || ${random.int(1, 999)}::text WHERE conversation_id = ${id}
            AND seq % 7 = ${random.int(0, 6)} AND deleted_at IS NULL`;
              await tx`UPDATE changes SET tag = gen_random_uuid() WHERE conversation_id = ${id}`;
              await tx`UPDATE history SET epoch = gen_random_uuid()`;
            }),
        };
        const weights = {
          window: 12,
          older: 20,
          newer: 30,
          liveOlder: 3,
          send: 12,
          edit: 14,
          remove: 4,
          prune: 3,
          cut: 4,
        };
        for (const _ of range(1, STEPS)) {
          await acts[random.weighted({ ...weights, silence: 1, otherHistory: 1 })]?.();
          await Bun.sleep(random.int(0, 10));
          for (const one of windows) one.check();
        }
        proxy.state = "pass";

        await atRest(client, chat, ann, path, windows);
        // A window gets these only by frames of changes: no connection breaks from here on.
        windows.push(watched(await chat.around(pruned + 300), chat));
        for (const [n, { window }] of windows.entries())
          for (const { seq } of window.messages.slice(-3)) {
            const one = `${path}${await messageId(seq ?? 0)}/`;
            await (n % 2 ? ann.delete(one) : ann.patch(one, { content: `quietly ${seq}` }));
          }
        await atRest(client, chat, ann, path, windows);
        // All of it can be reached from any window, in both directions, also beyond what one window holds.
        for (const one of windows) {
          for (let tries = 0; one.window.hasOlder && tries < 100; tries++) await one.window.loadOlder(100);
          expect(one.window.hasOlder).toBe(false);
          for (let tries = 0; one.window.hasNewer && tries < 100; tries++) await one.window.loadNewer(100);
          expect(one.window.hasNewer).toBe(false);
          one.check();
        }
        await atRest(client, chat, ann, path, windows);
        for (const { window } of windows) expect(window.messages).toBe(chat.messages);
        await ann.send(id, "the last one");
        await until(() => windows.every(({ window }) => window.messages.at(-1)?.content === "the last one"));
        expect(windows.flatMap(({ faults }) => faults)).toEqual([]);
        await client.close();
      },
    );
  },
);

type Watched = ReturnType<typeof watched>;

/** Follows a window by its events alone, as a list on a page does. */
function watched(window: MessageWindow, chat: Conversation) {
  const faults: string[] = [];
  const sent = () => window.messages.filter(({ state }) => state === "sent");
  let first = sent()[0]?.seq;
  const off = window.on("change", ({ prepended, pruned, reset }) => {
    const now = sent()[0]?.seq;
    if (!reset && first !== undefined && now !== undefined && first - prepended + pruned !== now)
      faults.push(`the first is ${now}, but it was ${first}, and ${prepended} came and ${pruned} left`);
    // Only retention and the size of a window take messages away.
    const isFull = sent().length >= WINDOW_MAX;
    if (!reset && pruned > 0 && !isFull && (now ?? 0) > chat.prunedSeq + 1)
      faults.push(`${now} is the first too early`);
    first = now;
  });
  return {
    window,
    faults,
    check() {
      const seqs = sent().map(({ seq }) => seq ?? 0);
      if (seqs.length > 0) expect(seqs).toEqual(range(seqs[0] ?? 0, seqs.at(-1) ?? 0));
      if (window.hasNewer) expect(seqs.length).toBeLessThanOrEqual(WINDOW_MAX);
      for (const seq of seqs.slice(0, 1)) expect(window.indexOf(seq)).toBe(0);
    },
    close() {
      off();
      window.close();
    },
  };
}

/** Waits until the conversation and all windows show what the server has. */
async function atRest(client: ConfabClient, chat: Conversation, ann: Client, path: string, windows: Watched[]) {
  await until(() => client.state === "online" && isSettled(chat));
  const truth = new Map<number, string>();
  const text = ({ content, deleted_at }: Pick<Message, "content" | "deleted_at">) => `${content} ${deleted_at ?? ""}`;
  const read = async () => {
    truth.clear();
    for (let after = 0; ; ) {
      const page: Message[] = (await ann.get(`${path}?limit=100&after_seq=${after}`)).body.data.messages;
      for (const message of page) truth.set(message.seq, text(message));
      if (page.length === 0) return;
      after = page.at(-1)?.seq ?? 0;
    }
  };
  await read();
  const views = () => [chat, ...windows.map(({ window }) => window)];
  const wrong = () =>
    views().flatMap(({ messages }, n) =>
      messages.flatMap((message) =>
        message.state === "sent" && truth.get(message.seq) === text(message)
          ? []
          : [`view ${n}: ${message.seq} is ${message.content}, not ${truth.get(message.seq ?? 0)}`],
      ),
    );
  await until(
    () => wrong().length === 0,
    () => `all views to be right:\n${wrong().slice(0, 10).join("\n")}`,
  );
  for (const one of windows) one.check();
}
