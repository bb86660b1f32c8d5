import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { withServer } from "../support/server.ts";
import { ask } from "./traces.ts";
import { expectErrorBody } from "./wellbeing.ts";

setDefaultTimeout(60_000);

const UNKNOWN = "0198e4a2-7c11-7c3e-9e0a-3f1c9a7d2b10";

/** Texts, and the queries that are dearest to compare with them. */
const DEAR: [text: string, ...queries: string[]][] = [
  [`b ${"a ".repeat(2_490)}`, `"${"a ".repeat(490)}b"`, "a ".repeat(500), `b ${"-a ".repeat(300)}`],
  [`一 ${"字".repeat(4_990)}`, `"${"字".repeat(990)}一"`, `${"字".repeat(990)}一`],
  ["aB1".repeat(1_600), `"${"aB1".repeat(66)}b"`, "aB1 ".repeat(200)],
  [`q ${"ab ".repeat(1_600)}`, `${"ab ".repeat(330)}a`],
];

/** Parameters of a search, and what the server answers. None of them reaches anything of another person. */
const ASKED: [Record<string, string>, string][] = [
  ...["", "1", "_", "-1_id_1", "x".repeat(10_000), `0_${UNKNOWN}`, `253402300800001_${UNKNOWN}_1`].map(
    (cursor): [Record<string, string>, string] => [{ q: "a", cursor }, "400 validation_failed"],
  ),
  [{ q: "a", cursor: `0_${UNKNOWN}_9999999999999999` }, "400 validation_failed"],
  [{ q: "a", cursor: `0_${UNKNOWN}_1\r\nX: y` }, "400 validation_failed"],
  [{ q: "a", cursor: `0_${"-".repeat(36)}_1` }, "400 validation_failed"],
  [{ q: "a", cursor: `0_${UNKNOWN}_0` }, "200"],
  [{ q: "a", cursor: `253402300800000_${UNKNOWN}_9007199254740991`, sort: "oldest" }, "200"],
  ...["0", "-1", "1e1", "1.5", "NaN", ""].map((limit): [Record<string, string>, string] => [
    { q: "a", limit },
    "400 validation_failed",
  ]),
  ...["x".repeat(10_000), "字".repeat(1_001)].map((q): [Record<string, string>, string] => [
    { q },
    "400 validation_failed",
  ]),
  ...["", " ", "\0", "-", '""', '"', '"'.repeat(1_000), "\u200b"].map((q): [Record<string, string>, string] => [
    { q },
    "400 validation_failed",
  ]),
  ...[
    "from:from:in:has:x",
    "has:has:has:",
    "before:after:2020 after:before:",
    "in:(a OR b) NOT c",
    "-from:me --a ---b",
    `from:"in:\\"x\\"`,
    "from:a ".repeat(140),
    "in:a ".repeat(190),
    "a'&!b:* | (c <-> d) \\",
    "a:ABCD b:* <1> !!c",
    "'; DROP TABLE found; --",
    "$1 %_ {{q}}",
    "\u202e\u2069a\u00ad",
    "u:1 h:file",
    "before:9999-12-31 after:0001-01-01 a",
    "before:2026-02-31 a",
    "after:99999999 a",
    `after:2020-01-01T00:00:00${"0".repeat(900)}Z`,
  ].map((q): [Record<string, string>, string] => [{ q }, "200"]),
  [{ q: "a", from: "x".repeat(255) }, "400 validation_failed"],
  [{ from: "999999999999" }, "200"],
  [{ from: "%" }, "200"],
  [{ q: "a", has: "has" }, "400 validation_failed"],
  [{ q: "a", has: "__proto__" }, "400 validation_failed"],
  [{ q: "a", sort: "rank" }, "400 validation_failed"],
  [{ q: "a", after: "Infinity" }, "400 validation_failed"],
  [{ q: "a", before: "-000001-01-01T00:00:00Z" }, "400 validation_failed"],
  [{ q: "a", time_zone: "../../etc/passwd" }, "400 validation_failed"],
  [{ q: "a", time_zone: "x".repeat(10_000) }, "400 validation_failed"],
  [{ q: "a", conversation_id: "1" }, "400 validation_failed"],
  [{ q: "a", conversation_id: UNKNOWN }, "404 not_found"],
];

describe("a search of an attacker", () => {
  const server = withServer("embedded", { RATE_LIMIT_SEARCHES: "off" });
  let eve: Client;
  let own: string;
  let foreign: string;

  beforeAll(async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    eve = await server.person("Eve");
    foreign = (await ann.conversation([bob], "Others")).id;
    await ann.send(foreign, "a b x foreign 字");
    own = (await eve.conversation([bob], "Own")).id;
  });

  const search = (query: Record<string, string>) => ask(eve, [`/api/chat/search/?${new URLSearchParams(query)}`]);

  test("is refused with what is wrong, or finds nothing of others", async () => {
    for (const [query, expected] of [
      ...ASKED,
      [{ q: "a", conversation_id: foreign }, "403 not_a_participant"] as const,
    ]) {
      const about = JSON.stringify(query).slice(0, 100);
      const answer = await search(query);
      const text = await answer.text();
      const body = JSON.parse(text);
      if (answer.status >= 400) expectErrorBody(body, `${about}: ${text}`);
      expect([about, answer.status >= 400 ? `${answer.status} ${body.code}` : "200"]).toEqual([about, expected]);
      expect(text).not.toContain("foreign");
    }
  });

  test("gets an answer in time, whatever the texts and the query are made for", async () => {
    for (const [text] of DEAR) await Promise.all(Array.from({ length: 5 }, () => eve.send(own, text)));
    for (const [text, ...queries] of DEAR)
      for (const q of queries) {
        // A machine that does other things is slow, and a comparison that never ends is slower.
        const path = `/api/chat/search/?${new URLSearchParams({ q, limit: "50" })}`;
        const answer = await ask(eve, [path, { signal: AbortSignal.timeout(20_000) }]);
        const { data } = (await answer.json()) as { data: { results: unknown[] } };
        expect([text.slice(0, 9), q.slice(0, 9), answer.status]).toEqual([text.slice(0, 9), q.slice(0, 9), 200]);
        expect(data.results).toBeArray();
      }
  });

  test("leaves no word of it in a log", () => {
    const lines = [...server.log, ...server.apiLog, ...server.securityLog].join("\n");
    expect(lines).toContain("/api/chat/search/");
    for (const word of ["DROP TABLE", "from:", "has="]) expect(lines).not.toContain(word);
    expect(server.log.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)).toEqual([]);
  });
});
