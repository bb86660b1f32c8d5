import { beforeAll, beforeEach, expect, test } from "bun:test";
import { line } from "../../src/protocol/lines.ts";
import { message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, expectShape, UNKNOWN_ID } from "./expectations.ts";

inEachMode("replies and lines over HTTP", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let outsider: Client;
  let eve: Client;
  let id: string;
  let path: string;

  beforeAll(async () => {
    [ann, bob, outsider] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    eve = await server.person("Eve");
  });
  beforeEach(async () => {
    id = (await ann.conversation([bob])).id;
    path = `/api/chat/conversations/${id}/messages/`;
  });
  const reply = (client: Client, reply_to: unknown, more: object = {}) =>
    client.post(path, { content: "an answer", reply_to, ...more });
  const page = async () => dataOf(await ann.get(path));

  test("a reply quotes the message in the answer, in pages and in the list", async () => {
    const quoted = await bob.send(id, "the **question**");
    const sent = dataOf(await reply(ann, quoted.id.toUpperCase()), 201);
    expectShape(message, sent);
    const quote = {
      id: quoted.id,
      seq: quoted.seq,
      sender_id: bob.id,
      sender_name: "Bob Tester",
      excerpt: "the question",
    };
    expect(sent.reply_to).toEqual(quote);
    expect((await page()).messages.at(-1)).toEqual(sent);
    const [listed] = dataOf(await ann.get("/api/chat/conversations/?limit=1"));
    expect(listed.last_message).toEqual(sent);
    expect((await page()).messages[0]).not.toHaveProperty("reply_to");
  });

  test("a reply to a message that is not there is refused, and nothing is sent", async () => {
    const other = await ann.conversation([bob, eve], "Another group");
    const elsewhere = await ann.send(other.id, "elsewhere");
    const total = (await page()).total;
    for (const unknown of [UNKNOWN_ID, elsewhere.id])
      expectError(await reply(ann, unknown), 404, { code: "reply_not_found" });
    for (const wrong of ["x", 7, {}, null]) expectFaults(await reply(ann, wrong), "reply_to");
    expect((await page()).total).toBe(total);
  });

  test("an outsider does not learn which messages there are", async () => {
    const { id: known } = await ann.send(id, "secret");
    for (const asked of [known, UNKNOWN_ID])
      expectError(await reply(outsider, asked), 403, { code: "not_a_participant" });
  });

  test("a repeated reply gets the first message back, also when the quoted one is gone", async () => {
    const quoted = await bob.send(id, "soon gone");
    const body = { client_id: crypto.randomUUID() };
    const first = dataOf(await reply(ann, quoted.id, body), 201);
    expect(dataOf(await reply(ann, quoted.id, body))).toEqual(first);
    await bob.delete(`${path}${quoted.id}/`);
    expect(dataOf(await reply(ann, quoted.id, body))).toMatchObject({ id: first.id, reply_to: { deleted: true } });
    expect(dataOf(await reply(ann, UNKNOWN_ID, body))).toMatchObject({ id: first.id });
  });

  test("a deleted message can be answered, as somebody was about to", async () => {
    const quoted = await bob.send(id, "gone");
    await bob.delete(`${path}${quoted.id}/`);
    const sent = dataOf(await reply(ann, quoted.id), 201);
    expect(sent.reply_to).toMatchObject({ id: quoted.id, excerpt: "", deleted: true });
  });

  test("a page has the lines between its messages, and no count has them", async () => {
    const group = await ann.conversation([bob, eve], "Old name");
    const groupPath = `/api/chat/conversations/${group.id}/`;
    dataOf(await ann.post(`${groupPath}participants/`, { user_ids: [outsider.id] }));
    await ann.send(group.id, "one");
    dataOf(await bob.patch(groupPath, { name: "New name" }));
    dataOf(await outsider.delete(`${groupPath}participants/${outsider.id}/`));
    const { lines, messages, count, total, lines_cut } = dataOf(await ann.get(`${groupPath}messages/`));
    for (const one of lines) expectShape(line, one);
    expect(lines).toMatchObject([
      { after_seq: 0, kind: "members_added", user_name: "Ann Tester", users: [{ full_name: "Cid Tester" }] },
      { after_seq: 1, kind: "renamed", user_id: bob.id, name: "New name" },
      { after_seq: 1, kind: "members_removed", user_id: outsider.id, users: [{ id: outsider.id }] },
    ]);
    expect([messages.length, count, total, lines_cut]).toEqual([1, 1, 1, undefined]);
    const { unread_count, message_count } = dataOf(await bob.get(groupPath));
    expect([unread_count, message_count]).toEqual([1, 1]);
  });
});
