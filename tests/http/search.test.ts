import { beforeAll, expect, test } from "bun:test";
import { type SearchAnswer, searchAnswer } from "../../src/protocol/search.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, expectShape, expectThrottled } from "./expectations.ts";

const SEARCH = "/api/chat/search/?";

inEachMode("search over HTTP", (mode) => {
  const server = withServer(mode, { RATE_LIMIT_SEARCHES: "150/minute", SEARCH_LANGUAGES: "german,english" });
  let ann: Client;
  let bob: Client;
  let eve: Client;
  let team: string;
  let pair: string;

  beforeAll(async () => {
    [ann, bob, eve] = [await server.person("Ann"), await server.person("Bob"), await server.person("Eve")];
    team = (await ann.conversation([bob, eve], "Release team")).id;
    pair = (await ann.conversation([bob])).id;
    await ann.send(team, "The deploy of qwen3.6 failed, see https://ci.example.com/4711");
    await bob.send(team, "die Häuser am See, **Café** inklusive");
    await bob.send(pair, "secret plans for the deploy");
  });

  async function search(person: Client, query: Record<string, string>) {
    const answer: SearchAnswer = dataOf(await person.get(`${SEARCH}${new URLSearchParams(query)}`));
    expectShape(searchAnswer, answer);
    expect([answer.exact, answer.indexed]).toEqual([true, {}]);
    return answer;
  }
  const texts = async (person: Client, q: string, query: Record<string, string> = {}) =>
    (await search(person, { q, ...query })).results.map(({ message }) => message.content.slice(0, 10));

  test("finds a message right after its send, with its conversation and the place of the match", async () => {
    const { results, next_cursor } = await search(eve, { q: "cafe" });
    expect(next_cursor).toBeNull();
    expect(results).toMatchObject([
      {
        message: { conversation_id: team, sender_id: bob.id },
        excerpt: { text: "die Häuser am See, Café inklusive", matches: [[19, 23]] },
        conversation: { id: team, kind: "group", name: "Release team", parent_id: null },
      },
    ]);
    const direct = await search(ann, { q: "secret" });
    expect(direct.results[0]?.conversation).toMatchObject({ kind: "direct", name: "Bob Tester" });
  });

  test("finds words by their parts, their beginnings and their stems", async () => {
    for (const q of ["qwen", "qwen3.6 ", "4711 ", "ci.example.com", "DEPL", "fail", "failing "])
      expect([q, await texts(eve, q)]).toEqual([q, ["The deploy"]]);
    expect(await texts(eve, "haus ")).toEqual(["die Häuser"]);
    expect(await texts(eve, '"haus"')).toEqual([]);
  });

  test("takes people, conversations, kinds and days, in the query and beside it", async () => {
    expect(await texts(ann, "from:bob deploy ")).toEqual(["secret pla"]);
    expect(await texts(ann, "deploy ", { from: "Bob Tester" })).toEqual(["secret pla"]);
    expect(await texts(ann, "deploy ", { from: "me" })).toEqual(["The deploy"]);
    expect(await texts(ann, `deploy from:${ann.id} `)).toEqual(["The deploy"]);
    expect(await texts(ann, 'deploy in:"release team" ')).toEqual(["The deploy"]);
    expect(await texts(ann, "deploy in:bob ")).toEqual(["secret pla"]);
    expect(await texts(ann, "deploy ", { conversation_id: pair })).toEqual(["secret pla"]);
    expect(await texts(ann, "has:link ")).toEqual(["The deploy"]);
    expect(await texts(ann, "", { has: "file" })).toEqual([]);
    expect(await texts(ann, "deploy -secret after:2020-01 ")).toEqual(["The deploy"]);
    expect(await texts(ann, "deploy ", { before: "2020-01-01" })).toEqual([]);
    expect(await texts(ann, "deploy ", { sort: "oldest" })).toEqual(["The deploy", "secret pla"]);
    const first = await search(ann, { q: "deploy ", limit: "1" });
    expect(await texts(ann, "deploy ", { limit: "1", cursor: first.next_cursor ?? "" })).toEqual(["The deploy"]);
  });

  test("says which days a time zone has", async () => {
    const { results } = await search(ann, { q: "secret" });
    const at = new Date(results[0]?.message.created_at ?? 0);
    const days = (zone: string) => new Intl.DateTimeFormat("sv", { timeZone: zone }).format(at);
    for (const time_zone of ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
      expect([time_zone, await texts(ann, `secret after:${days(time_zone)} `, { time_zone })]).toEqual([
        time_zone,
        ["secret pla"],
      ]);
  });

  test("finds nothing for outsiders, for removed members, and of deleted messages", async () => {
    const dee = await server.person("Dee");
    expect(await texts(dee, "deploy")).toEqual([]);
    expectError(await dee.get(`${SEARCH}q=deploy&conversation_id=${team}`), 403, { code: "not_a_participant" });
    expectError(await ann.get(`${SEARCH}q=deploy&conversation_id=${crypto.randomUUID()}`), 404);
    expect(await texts(eve, "from:bob secret")).toEqual([]);
    const { id } = await ann.conversation([bob, dee], "Later");
    const message = await ann.send(id, "ephemeral words");
    const thread = dataOf(await dee.post(`/api/chat/conversations/${id}/messages/${message.id}/thread/`), 201).id;
    await bob.send(thread, "ephemeral reply");
    expect(await texts(dee, "ephemeral")).toEqual(["ephemeral ", "ephemeral "]);
    await ann.delete(`/api/chat/conversations/${id}/participants/${dee.id}/`);
    expect(await texts(dee, "ephemeral")).toEqual([]);
    expectError(await dee.get(`${SEARCH}q=ephemeral&conversation_id=${thread}`), 403);
    await ann.delete(`/api/chat/conversations/${id}/messages/${message.id}/`);
    expect(await texts(bob, "ephemeral")).toEqual(["ephemeral "]);
    expect((await search(bob, { q: "ephemeral" })).results[0]?.conversation).toMatchObject({
      id: thread,
      kind: "thread",
      name: "Later",
      parent_id: id,
      root_seq: message.seq,
    });
  });

  test("refuses what is no query, and reads all else as words", async () => {
    expectError(await server.visitor().get(`${SEARCH}q=a`), 401);
    expectFaults(await ann.get(SEARCH), "q");
    expectFaults(await ann.get(`${SEARCH}q=${"a".repeat(10_000)}`), "q");
    for (const [field, value] of [
      ["cursor", "1"],
      ["cursor", "99999999999999999_x_1"],
      ["before", "tomorrow"],
      ["after", "2026-02-30"],
      ["has", "poll"],
      ["sort", "rank"],
      ["limit", "0"],
      ["conversation_id", "1"],
      ["time_zone", "Mars/Olympus"],
    ] as const)
      expectFaults(await ann.get(`${SEARCH}q=a&${field}=${value}`), field);
    for (const q of [
      "'; DROP TABLE found; --",
      "a & b | !c <-> (d:*)",
      "\\'\\\\ ''' \" \u0000 \ud800",
      "%_*?",
      '"'.repeat(999),
      '- -- --- -"" from: in:"" has:',
      "from:%00 from:999999999999 in:\\",
      "a:b:c ".repeat(160),
      "before:9999-12-31 after:0001-01-01",
      "\u200b\u2069\u00ad",
      "ﷺ".repeat(900),
      "a ".repeat(500),
      `zzz ${"-a ".repeat(300)}`,
      "字".repeat(1000),
      "~a u:1 h:file ^abc",
    ]) {
      const answer = await ann.get(`${SEARCH}${new URLSearchParams({ q })}`);
      if (answer.status !== 400) expect([q, answer.status, dataOf(answer).results]).toEqual([q, 200, []]);
      else expectFaults(answer, "q");
    }
  });

  test("is limited for each user", async () => {
    const cid = await server.person("Cid");
    const answers = await Promise.all(Array.from({ length: 160 }, () => cid.get(`${SEARCH}q=a`)));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(10);
    for (const answer of refused) expectThrottled(answer);
    expect((await ann.get(`${SEARCH}q=a`)).status).toBe(200);
  });
});
