import type { Planted } from "./plant.ts";
import { plantedInFiles } from "./planted-files.ts";
import { plantedInMarks } from "./planted-marks.ts";
import { plantedInSettings } from "./planted-settings.ts";

/** Commits 20 ms after it has answered. */
const COMMITS_LATER = {
  file: "src/server/platform/postgres/connection.ts",
  find: "    logQuery: log.query,",
  replace: `    logQuery: (() => {
      const client = connect(url, 1, logPrelude);
      let committed: Promise<unknown> = Promise.resolve();
      return async (text, parameters) => {
        await committed.catch(() => {});
        return new Promise((resolve, reject) => {
          committed = client.begin(async (tx) => {
            resolve([...(await tx.unsafe(text, parameters.map(parameterOf), { prepare: true }))] as never);
            await Bun.sleep(20);
          });
          Object.assign(globalThis, { committed });
          committed.catch(reject);
        });
      };
    })(),`,
};

export const planted = {
  "acks before the commit": {
    edits: [COMMITS_LATER],
    faults: ["postgres connections cut", "postgres crashed", "node killed"],
    foundBy: ["acked is durable", "one order", "once", "dense", "fresh pages", "no holes"],
  },
  "publishes before the commit": {
    edits: [
      COMMITS_LATER,
      {
        file: "src/server/features/messages/service.ts",
        find: "      (appended) => {",
        replace: "      async (appended) => {",
      },
      {
        file: "src/server/features/messages/service.ts",
        find: "        return appended;",
        replace: '        await Reflect.get(globalThis, "committed");\n        return appended;',
      },
    ],
    faults: ["postgres connections cut", "postgres crashed", "node killed"],
    foundBy: ["one order", "no holes"],
  },
  "numbers messages by a counter in Redis": {
    edits: [
      {
        file: "src/server/log/append-general.ts",
        find: "  const rows = await query<AppendRow>(APPEND, parameters, timeoutMs);",
        replace: `        for (const [id, of] of Map.groupBy(drafts, (draft) => draft.conversationId)) {
          const top = await redis.incrby("seq:" + id, of.length).catch(() => 0);
          if (top > 0) await query("UPDATE conversations SET last_seq = $2 WHERE id = $1", [id, top - of.length], timeoutMs);
        }
        const rows = await query<AppendRow>(APPEND, parameters, timeoutMs);`,
      },
      {
        file: "src/server/log/appending.ts",
        find: "    if (!writing.wait && this.isPlain(batch)) {",
        replace: "    if (writing.until < 0 && this.isPlain(batch)) {",
      },
      {
        file: "src/server/log/append-general.ts",
        find: "const APPEND =",
        replace: `const redis = new (require("ioredis").Redis)(process.env.REDIS_URL, { maxRetriesPerRequest: 1 });
redis.on("error", () => {});
const APPEND =`,
      },
    ],
    faults: ["redis emptied", "commit's answer lost", "postgres connections cut"],
    foundBy: [
      "one order",
      "no holes",
      "dense",
      "acked is durable",
      "real-time order",
      "pipelined order",
      "comes to rest",
    ],
  },
  "fills no gaps": {
    edits: [
      {
        file: "src/server/ws/room.ts",
        find: "event.version === this.delivered + 1 && this.waiting.size === 0",
        replace: "event.version > this.delivered",
      },
    ],
    faults: ["redis subscriptions cut", "redis commands cut", "redis subscriptions deaf"],
    foundBy: ["no holes"],
  },
  "tries an unknown commit again under another id": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/append-general.ts",
        find: "    drafts.map((draft) => draft.id),",
        replace: "    drafts.map(() => Bun.randomUUIDv7()),",
      },
    ],
    faults: ["commit's answer lost", "postgres connections cut"],
    foundBy: ["once"],
  },
  "drops frames that a slow reader has no room for": {
    edits: [
      {
        file: "src/server/ws/sockets.ts",
        find: "closeOnBackpressureLimit: true",
        replace: "closeOnBackpressureLimit: false",
      },
      {
        file: "src/server/ws/sockets.ts",
        find: "const TOO_SLOW_BYTES = 512 * 1024",
        replace: "const TOO_SLOW_BYTES = Infinity",
      },
    ],
    faults: ["a reader that stops reading"],
    foundBy: ["no holes"],
  },
  "believes a stale window": {
    edits: [
      {
        file: "src/server/redis/window.ts",
        find: "tag !== tagOf(head) || version !== head.lastVersion || ",
        replace: "!version || ",
      },
      {
        file: "src/server/redis/record-change.lua",
        find: "if v ~= head + 1 or seq == '0' then",
        replace: "if seq == '0' then return end\n  if false then",
      },
      {
        file: "src/server/redis/window.ts",
        find: "version - lastSeq === driftOf(head) && ",
        replace: "version && lastSeq && ",
      },
      {
        file: "src/server/redis/window.ts",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is looked for in a source file
        find: "${head.epoch} ${driftOf(head)} ${seq}",
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the same
        replace: "${head.epoch} ${seq}",
      },
    ],
    faults: ["redis commands cut", "redis out of a node's reach", "redis slow"],
    foundBy: ["fresh pages"],
  },
  "keeps a page whatever came since": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/pages.ts",
        find: "  at.last_version === head.lastVersion &&\n  at.tag === head.tag &&\n",
        replace: "",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["fresh pages"],
  },
  "goes live a moment after its replay": {
    isLong: true,
    edits: [
      {
        file: "src/server/ws/subscription.ts",
        find: "        cursor = event;\n      }\n    }\n",
        replace: "        cursor = event;\n      }\n    }\n    await Bun.sleep(5);\n",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["no holes"],
  },
  "resumes on a node that is behind": {
    edits: [
      {
        file: "src/server/ws/subscription.ts",
        find: "await room.reached(cursor.version);",
        replace: "room.expect(cursor.version);",
      },
    ],
    faults: ["redis subscriptions deaf", "clients cut"],
    foundBy: ["no holes"],
  },
  "lets the removed listen on": {
    edits: [{ file: "src/server/ws/room.ts", find: "subscription.expel(event);", replace: "continue;" }],
    faults: ["clients cut"],
    foundBy: ["nothing after leaving"],
    seconds: 8,
  },
  "forgets what was sent before": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/append-general.ts",
        find: "    drafts.map((draft) => draft.clientId ?? null),",
        replace: "        drafts.map((draft) => draft.clientId && draft.clientId + Math.random()),",
      },
      {
        file: "src/server/log/append-plain.ts",
        find: "    drafts.map((draft) => draft.clientId ?? null),",
        replace: "        drafts.map((draft) => draft.clientId && draft.clientId + Math.random()),",
      },
      {
        file: "src/server/log/append-plain.ts",
        find: "senderId, id, clientId ?? null, content,",
        replace: "senderId, id, clientId ? clientId + Math.random() : null, content,",
      },
    ],
    faults: ["commit's answer lost", "clients cut"],
    foundBy: ["once"],
  },
  "acks a resend in a batch that it has not written": {
    isLong: true,
    edits: [
      {
        file: "src/server/log/sql/append-plain.sql",
        find: "    AS s (of, nth, author, id, client_id, content, fields);",
        replace: "    AS s (of, nth, author, id, client_id, content, fields) ON CONFLICT DO NOTHING;",
      },
    ],
    faults: ["commit's answer lost", "clients cut"],
    foundBy: ["acked is durable", "once", "dense", "one order", "no holes", "fresh pages", "comes to rest"],
  },
  "counts the uses of an invite before it has its lock": {
    isLong: true,
    edits: [
      {
        file: "src/server/features/invites/store.ts",
        find: "  const group = known.conversationId === null ?",
        replace:
          "  const invite = await read(tx, code);\n  await Bun.sleep(2_000);\n  const group = known.conversationId === null ?",
      },
      {
        file: "src/server/features/invites/store.ts",
        find: "return { invite: await read(tx, code), group };",
        replace: "return { invite, group };",
      },
    ],
    faults: ["clients cut"],
    foundBy: ["invites are exact"],
  },
  "takes the cursor of another history for one of its own": {
    isLong: true,
    edits: [
      {
        file: "src/server/ws/subscription.ts",
        find: "    const { room } = this;\n    for (;;) {\n      await room.started;",
        replace:
          "    cursor = cursor && { ...cursor, tag: undefined };\n    const { room } = this;\n    for (;;) {\n      await room.started;",
      },
    ],
    faults: ["clients cut"],
    goesBack: "a base backup is put in place",
    foundBy: ["one history"],
  },
  "keeps its pages when the database goes back": {
    edits: [
      { file: "src/server/log/pages.ts", find: "    this.kept.clear();\n", replace: "" },
      { file: "src/server/log/pages.ts", find: "  at.tag === head.tag &&\n", replace: "" },
      { file: "src/server/log/pages.ts", find: " &&\n  at.epoch === head.epoch", replace: "" },
    ],
    faults: ["clients cut"],
    goesBack: "a replica that lacks the newest commits is promoted",
    foundBy: ["one history"],
  },
  "believes the window of another history": {
    isLong: true,
    edits: [
      { file: "src/server/redis/window.ts", find: "tag !== tagOf(head) || ", replace: "!tag || " },
      {
        file: "src/server/redis/record-change.lua",
        find: "  if v == head and known[1] == tag then return end",
        replace: "  if v <= head then return end",
      },
      { file: "src/server/redis/window.ts", find: " && epoch === head.epoch", replace: " && epoch !== ''" },
      {
        file: "src/server/redis/window.ts",
        find: "{head.epoch}",
        replace: '{""}',
      },
    ],
    faults: ["clients cut"],
    goesBack: "the cluster's folder is put back",
    foundBy: ["one history"],
  },
  "keeps its rooms where they were when the database goes back": {
    isLong: true,
    edits: [
      {
        file: "src/server/ws/log-comparison.ts",
        find: "if (this.agrees(place, found)) {",
        replace: "if (found.head) {",
      },
    ],
    faults: ["clients cut"],
    goesBack: "the cluster's folder is put back",
    foundBy: ["told in time"],
  },
  ...plantedInSettings,
  ...plantedInMarks,
  ...plantedInFiles,
} satisfies Record<string, Planted>;
