import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import pino from "pino";
import postgres from "postgres";
import { readConfig } from "../../src/server/config.ts";
import type { Draft } from "../../src/server/log/append.ts";
import { appendPlain } from "../../src/server/log/append-plain.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

const TIMEOUT_MS = 5_000;

inEachDatabase("the short way into the log", (mode) => {
  let stores: TestStores;
  let [ann, bob, eve] = [0, 0, 0];
  let [one, two] = ["", ""];

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());
  beforeEach(async () => {
    [one, two] = [await group(), await group()];
  });

  const group = () => stores.conversation([ann, bob, eve]);
  const draft = (id: string, sender: number, clientId?: string) =>
    stores.draft(id, sender, `“${clientId}”\\ ,{}`, clientId);
  const append = (...drafts: Draft[]) =>
    appendPlain(
      stores.database.log.logQuery,
      drafts.map((sent) => ({ draft: sent, fields: null })),
      TIMEOUT_MS,
    );
  /** All that the short way writes. */
  const state = () =>
    stores.query(
      `SELECT c.id, c.last_seq, c.last_version, c.updated_at::text, c.oldest_at::text, p.user_id, p.read_seq,
        (SELECT count(*)::integer FROM messages) AS messages
      FROM conversations c JOIN participants p ON p.conversation_id = c.id ORDER BY c.id, p.user_id`,
      [],
    );

  /** A single send takes another statement than a batch. */
  const BATCHES: Record<string, () => Draft[]> = {
    "a single send": () => [],
    "a batch": () => [draft(two, bob), draft(one, bob), draft(two, bob, "another")],
  };

  for (const [size, others] of Object.entries(BATCHES)) {
    test(`${size} is written, and answered as it is written`, async () => {
      const drafts = [draft(one, ann, "first"), ...others()];
      const written = (await append(...drafts)) ?? [];
      const rows = await stores.query(
        `SELECT id, conversation_id, seq::integer, version::integer, sender_id, sender_name, sender_email, client_id, content,
          (extract(epoch FROM created_at) * 1000)::double precision AS created_ms
        FROM messages WHERE id = ANY ($1::uuid[])`,
        [drafts.map(({ id }) => id)],
      );
      const byId = new Map((rows as { id: string }[]).map((row) => [row.id, row]));
      expect(drafts.map(({ id }) => byId.get(id))).toEqual(
        drafts.map(({ id, conversationId, senderId, content, clientId }, i) => ({
          id,
          conversation_id: conversationId,
          sender_id: senderId,
          client_id: clientId ?? null,
          content,
          ...(written[i] ?? { seq: 0, version: 0, sender_name: "", sender_email: "", created_ms: 0 }),
        })),
      );
    });

    test(`${size} moves the counters, the time and the read positions of the senders`, async () => {
      const drafts = [draft(one, ann), draft(one, ann), ...others()].slice(others().length === 0 ? 1 : 0);
      await append(...drafts);
      for (const id of [one, two]) {
        const own = drafts.filter(({ conversationId }) => conversationId === id);
        const [found] = await stores.query(
          `SELECT c.last_seq::integer, c.last_version::integer,
            c.updated_at = (SELECT max(m.created_at) FROM messages m WHERE m.conversation_id = c.id) AS is_newest,
            c.oldest_at - (SELECT min(m.created_at) FROM messages m WHERE m.conversation_id = c.id)
              BETWEEN interval '0' AND interval '1 millisecond' AS is_oldest
          FROM conversations c WHERE c.id = $1`,
          [id],
        );
        const known = own.length > 0 || null;
        expect(found).toEqual({ last_seq: own.length, last_version: own.length, is_newest: known, is_oldest: known });
        for (const user of [ann, bob, eve]) {
          const [position] = await stores.query(
            "SELECT read_seq::integer FROM participants WHERE conversation_id = $1 AND user_id = $2",
            [id, user],
          );
          expect(position).toEqual({ read_seq: own.findLastIndex(({ senderId }) => senderId === user) + 1 });
        }
      }
    });

    const refused: Record<string, () => Promise<Draft>> = {
      "was sent before": async () => {
        await append(draft(one, ann, "before"));
        return draft(one, ann, "before");
      },
      "has the id of a message that is there": async () => {
        const sent = draft(one, ann);
        await append(sent);
        return sent;
      },
      "comes from a person who was removed": async () => {
        await stores.altered(one, ann, { kind: "remove", userId: eve });
        return draft(one, eve);
      },
      "comes from a person who is not active": async () => {
        await stores.query("UPDATE users SET is_active = false WHERE id = $1", [eve]);
        return draft(one, eve);
      },
      "is for a conversation that is gone": async () => draft(Bun.randomUUIDv7(), ann),
      "is for a thread": async () => {
        const { message } = await stores.log.append(draft(one, ann));
        const { threadId } = await stores.threads.start(ann, one, message.id);
        return draft(threadId, ann);
      },
    };
    for (const [why, make] of Object.entries(refused))
      test(`${size} writes nothing when one ${why}`, async () => {
        const stopped = await make();
        const before = await state();
        expect(await append(...others(), stopped)).toBeUndefined();
        expect(await state()).toEqual(before);
        await stores.query("UPDATE users SET is_active = true WHERE id = $1", [eve]);
        // The connection serves on.
        expect(await append(draft(two, ann), ...others())).toHaveLength(1 + others().length);
      });

    // Nobody else is on an embedded database.
    if (mode === "embedded") continue;
    test(`${size} does not wait for a conversation that is locked`, async () => {
      const other = postgres(stores.databaseUrl ?? "", { max: 1 });
      try {
        await other.begin(async (tx) => {
          await tx`SELECT FROM conversations WHERE id = ${one} FOR NO KEY UPDATE`;
          const before = await state();
          const since = performance.now();
          expect(await append(...others(), draft(one, ann))).toBeUndefined();
          // The lock timeout of the log's connection is 1.5 s.
          expect(performance.now() - since).toBeLessThan(1_000);
          expect(await state()).toEqual(before);
        });
      } finally {
        await other.end();
      }
    });
  }

  if (mode === "embedded") return;
  test("two nodes that send at once number without gaps, and write a resend once", async () => {
    const driver = await openDriver(readConfig({ DATABASE_URL: stores.databaseUrl }), pino({ level: "silent" }));
    try {
      const nodes = [stores, storesOn(new Database(driver))];
      const sends = 400;
      const answers = await Promise.all(
        Array.from({ length: sends }, async (_, n) => {
          await Bun.sleep(n % 40);
          // Each is sent to both nodes.
          return Promise.all(
            nodes.map((node) => node.log.append(stores.draft(n % 3 === 0 ? two : one, ann, `${n}`, `${n}`))),
          );
        }),
      );
      for (const [first, second] of answers) expect(second?.message.id).toBe(first?.message.id ?? "");
      for (const id of [one, two]) {
        const [found] = await stores.query(
          `SELECT count(*)::integer AS count, max(m.seq)::integer AS last, count(DISTINCT m.seq)::integer AS seqs,
            (SELECT last_seq::integer FROM conversations WHERE id = $1) AS head FROM messages m WHERE conversation_id = $1`,
          [id],
        );
        const count = answers.filter(([first]) => first?.message.conversation_id === id).length;
        expect(found).toEqual({ count, last: count, seqs: count, head: count });
      }
    } finally {
      await driver.close();
    }
  });
});
