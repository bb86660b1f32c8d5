import { beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Message, message } from "../../src/protocol/messages.ts";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, expectFaults, expectShape, rows, times, UNKNOWN_ID } from "./expectations.ts";

const noParticipant = { message: "You are not a participant in this conversation" };
const notFound = { message: "Conversation not found", code: "not_found" };
const contents = (messages: Message[]) => messages.map((message) => message.content);

inEachMode("messages", (mode) => {
  const server = withServer(mode);
  let ann: Client;
  let bob: Client;
  let outsider: Client;
  /** A group of its own for each test. */
  let id: string;
  let path: string;

  beforeAll(async () => {
    [ann, bob, outsider] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
  });
  beforeEach(async () => {
    const third = outsider;
    id = (await ann.conversation([bob, third])).id;
    dataOf(await ann.delete(`/api/chat/conversations/${id}/participants/${third.id}/`));
    path = `/api/chat/conversations/${id}/messages/`;
  });

  const page = async (client: Client, query = "") => dataOf(await client.get(path + query));
  const post = (client: Client, body: unknown) => client.post(path, body);
  const edit = (client: Client, messageId: string, content: unknown) =>
    client.patch(`${path}${messageId}/`, { content });
  const remove = (client: Client, messageId: string) => client.delete(`${path}${messageId}/`);
  const unread = async (client: Client) => dataOf(await client.get(`/api/chat/conversations/${id}/`)).unread_count;
  const summary = async (client: Client) => dataOf(await client.get(`/api/chat/conversations/${id}/`));

  describe("sending", () => {
    test("answers 201 with the message as everybody gets it", async () => {
      const sent = dataOf(await post(ann, { content: "Hello!" }), 201);
      expectShape(message, sent);
      expect(sent).toMatchObject({
        conversation_id: id,
        sender_id: ann.id,
        sender_name: "Ann Tester",
        sender_email: ann.user?.email,
        content: "Hello!",
        seq: 1,
      });
      expect(sent).not.toContainAnyKeys(["client_id", "edited_at", "deleted_at"]);
      expect(sent.created_at).toEndWith("Z");
      expect(sent.timestamp).toBe(Date.parse(sent.created_at) / 1000);
      expect(Math.abs(Date.now() / 1000 - sent.timestamp)).toBeLessThan(60);
      expect((await page(bob)).messages).toEqual([sent]);
    });

    test("reaches open sockets with the same message", async () => {
      const socket = await bob.chat(id);
      const sent = dataOf(await post(ann, { content: "Hello!", client_id: "x" }), 201);
      expect((await socket.next("message")).message).toEqual(sent);
      socket.close();
    });

    test("at once gives each message its own seq, dense", async () => {
      const sent = await Promise.all(times(40, (i) => (i % 2 ? ann : bob).send(id, `message ${i}`)));
      expect(sent.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(times(40, (i) => i + 1));
      const { messages } = await page(ann, "?limit=100");
      expect(messages.map(({ seq }: Message) => seq)).toEqual(times(40, (i) => i + 1));
    });

    test("is 403 for others than participants, and 404 for a conversation that does not exist", async () => {
      expectError(await post(outsider, { content: "x" }), 403, noParticipant);
      for (const unknown of [UNKNOWN_ID, "x", "1"])
        expectError(await ann.post(`/api/chat/conversations/${unknown}/messages/`, { content: "x" }), 404, notFound);
      expect((await page(ann)).total).toBe(0);
    });
  });

  describe("content", () => {
    const long = "x".repeat(5000);
    test.each([
      ["one character", "x", "x"],
      ["5000 characters", long, long],
      ["5000 characters of two UTF-16 units", "😀".repeat(5000), "😀".repeat(5000)],
      ["5000 characters within white space", `  ${long}\n`, long],
      ["inner white space, which stays", " a\r\n\t b  c ", "a\r\n\t b  c"],
      ["what is no white space to the seed", "\ufeffa\u200b", "\ufeffa\u200b"],
      [
        "all white space the seed knows",
        "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000x\u3000",
        "x",
      ],
      ["decomposed letters, kept so", "e\u0301", "e\u0301"],
      ["a letter among invisible characters", "\u200b\u2060x\u3164\u0301", "\u200b\u2060x\u3164\u0301"],
      ["a sign that combines and is seen alone", "\u0903", "\u0903"],
      ["a heart of two characters", "❤️", "❤️"],
      ["an emoji of many parts", "👩‍👩‍👧‍👦🏳️‍🌈🇦🇹", "👩‍👩‍👧‍👦🏳️‍🌈🇦🇹"],
      ["text of two directions", "שלום \u202ehello\u202c", "שלום \u202ehello\u202c"],
      ["control characters but NUL", "a\x01\x7f\x1bb", "a\x01\x7f\x1bb"],
      ["what looks like code", `<script>"'\\;--</script>%s$1`, `<script>"'\\;--</script>%s$1`],
    ])("of %s is kept exactly", async (_, content, kept) => {
      expect(dataOf(await post(ann, { content }), 201).content).toBe(kept);
      expect((await page(bob)).messages[0].content).toBe(kept);
    });

    test.each([
      ["nothing", "", "Message content cannot be empty"],
      ["white space only", " \n\u3000", "Message content cannot be empty"],
      ...[
        "\u200b",
        "\u2060\ufeff",
        "\u2800",
        "\u3164 \u115f\u1160\uffa0",
        "\u00ad",
        "\u034f\u17b4\u180e",
        "\ufe0f\u{e0101}",
        "\u{e0041}\u{e007f}",
        "\u202e\u2066\u200f\u061c",
        "\u0301\u0316",
        "\u20e3",
        "\x07\x1b",
        "\ufff9\ufffb",
        "\u{1d159}",
        "\u200b".repeat(5000),
      ].map((content) => ["nothing to see", content, "Message content cannot be empty"] as const),
      ["5001 characters", `${long}x`, "Message content cannot exceed 5000 characters"],
      ["5001 characters of two UTF-16 units", "😀".repeat(5001), "Message content cannot exceed 5000 characters"],
      ["NUL", "a\0b", "Message content contains invalid characters"],
      ["a lone high surrogate", "a\ud83d", "Message content contains invalid characters"],
      ["a lone low surrogate", "\ude00b", "Message content contains invalid characters"],
    ])("of %s is refused, sent or edited", async (_, content, text) => {
      const { id: messageId } = await ann.send(id, "as it was");
      for (const answer of [await post(ann, { content }), await edit(ann, messageId, content)]) {
        expectFaults(answer, "content");
        expect(answer.body.errors.content).toEqual([text]);
      }
      expect(contents((await page(ann)).messages)).toEqual(["as it was"]);
    });

    test.each(rows([undefined, null, 5, ["x"], { text: "x" }]))("must be text, not %j", async (content) => {
      expectFaults(await post(ann, { content }), "content");
    });
  });

  describe("a page", () => {
    const FIRST_TO_LAST = times(120, (i) => String(i + 1));
    const lines = (from: number, to: number) => FIRST_TO_LAST.slice(from - 1, to);
    beforeEach(async () => {
      const socket = await ann.chat(id);
      for (const content of FIRST_TO_LAST) socket.send({ content });
      await socket.until(() => socket.all("message").length === FIRST_TO_LAST.length);
      socket.close();
    });

    test.each([
      ["", lines(71, 120)],
      ["?limit=3", lines(118, 120)],
      ["?limit=3&offset=2", lines(116, 118)],
      ["?limit=100", lines(21, 120)],
      ["?limit=101", lines(21, 120)],
      ["?limit=99999999999999999999", lines(21, 120)],
      ["?limit=50&offset=100", lines(1, 20)],
      ["?offset=120", []],
      ["?offset=9007199254740993", []],
      ["?limit=2&before_seq=10", lines(8, 9)],
      ["?limit=5&before_seq=3", lines(1, 2)],
      ["?before_seq=1", []],
      ["?before_seq=0", []],
      ["?limit=2&before_seq=9999", lines(119, 120)],
      ["?limit=2&after_seq=10", lines(11, 12)],
      ["?limit=5&after_seq=118", lines(119, 120)],
      ["?limit=2&after_seq=0", lines(1, 2)],
      ["?after_seq=120", []],
      ["?after_seq=9007199254740991", []],
      ["?limit=2&offset=50&before_seq=10", lines(8, 9)],
      ["?limit=2&offset=50&after_seq=10", lines(11, 12)],
      ["?around_seq=60", lines(35, 84)],
      ["?limit=5&around_seq=60", lines(58, 62)],
      ["?limit=4&around_seq=60", lines(58, 61)],
      ["?limit=1&around_seq=60", lines(60, 60)],
      ["?limit=5&around_seq=2", lines(1, 5)],
      ["?limit=5&around_seq=0", lines(1, 5)],
      ["?limit=5&around_seq=119", lines(116, 120)],
      ["?limit=5&around_seq=9007199254740991", lines(116, 120)],
      ["?limit=100&around_seq=60", lines(10, 109)],
      ["?limit=5&around_seq=60&after_seq=3&before_seq=9&offset=7", lines(58, 62)],
    ])("%p has what it should, oldest first", async (query, expected) => {
      const { messages, ...rest } = await page(bob, query);
      expect(contents(messages)).toEqual(expected);
      expect(rest).toMatchObject({ conversation_id: id, count: expected.length, total: 120, last_version: 121 });
      for (const one of messages) expectShape(message, one);
    });
  });

  describe("reading a page", () => {
    const bad = ["", "0x10", "1.5", "1e3", "x", "NaN", "%20", "1%00"];
    test.each([
      ...["limit", "offset", "before_seq", "after_seq", "around_seq"].flatMap((name) =>
        bad.map((value) => [name, value] as const),
      ),
      ["limit", "0"] as const,
      ...["limit", "offset", "before_seq", "after_seq", "around_seq"].map((name) => [name, "-1"] as const),
      ["mark_read", "maybe"] as const,
    ])("with %s=%p is 400", async (name, value) => {
      expectFaults(await ann.get(`${path}?${name}=${value}`), name);
    });

    test("names every faulty number at once", async () => {
      expectFaults(await ann.get(`${path}?limit=x&offset=-1`), "limit", "offset");
    });

    test("is 403 for others than participants, and 404 for a conversation that does not exist", async () => {
      expectError(await outsider.get(path), 403, noParticipant);
      for (const unknown of [UNKNOWN_ID, "x", "1"])
        expectError(await ann.get(`/api/chat/conversations/${unknown}/messages/`), 404, notFound);
    });
  });

  describe("the unread count", () => {
    test("counts messages of others since the newest page was fetched, and a send reads up to its own message", async () => {
      for (const content of ["one", "two", "three"]) await ann.send(id, content);
      expect([await unread(ann), await unread(bob)]).toEqual([0, 3]);
      await page(bob);
      expect(await unread(bob)).toBe(0);
      await ann.send(id, "four");
      expect(await unread(bob)).toBe(1);
      await bob.send(id, "five");
      expect([await unread(ann), await unread(bob)]).toEqual([1, 0]);
    });

    test("stays so when somebody only looks, or reads further back", async () => {
      for (const content of ["one", "two", "three"]) await ann.send(id, content);
      const further = ["?limit=1&offset=1", "?limit=1&before_seq=3", "?limit=1&after_seq=0"];
      for (const query of ["?mark_read=false", ...further, "?around_seq=1", "?around_seq=3&mark_read=true"])
        await page(bob, query);
      expect(await unread(bob)).toBe(3);
      await page(bob, "?limit=1&mark_read=true");
      expect(await unread(bob)).toBe(0);
    });

    test("is not shown to outsiders, and not moved by them", async () => {
      await ann.send(id, "one");
      expectError(await outsider.get(path), 403);
      expect((await summary(ann)).read_positions).toEqual([
        { user_id: bob.id, seq: 0 },
        { user_id: ann.id, seq: 1 },
      ]);
    });

    test("is exact after a rush of sends, reads, edits and deletions", async () => {
      await Promise.all(
        times(60, async (i) => {
          const sent = await (i % 3 ? ann : bob).send(id, `message ${i}`);
          if (i % 5 === 0) await page(bob);
          if (i % 7 === 0) await remove(i % 3 ? ann : bob, sent.id);
        }),
      );
      for (const client of [ann, bob]) {
        const { unread_count, message_count, read_positions } = await summary(client);
        const { seq } = read_positions.find(({ user_id }: { user_id: number }) => user_id === client.id);
        expect(message_count).toBe(60);
        expect(unread_count).toBe((await page(client, `?after_seq=${seq}&limit=100&mark_read=false`)).count);
      }
    });
  });

  describe("a client_id", () => {
    test("makes a resend give the first message back, with 200", async () => {
      const first = dataOf(await post(ann, { content: "Hello!", client_id: "one" }), 201);
      expectShape(message, first);
      expect(first.client_id).toBe("one");
      expect(dataOf(await post(ann, { content: "Hello!", client_id: "one" }), 200)).toEqual(first);
      expect(dataOf(await post(ann, { content: " Hello!\n", client_id: "one" }), 200)).toEqual(first);
      expect((await page(bob)).messages).toEqual([first]);
    });

    test.each(["\ufeffHello!", "e\u0301", "a\r\nb", "😀\u200d"])(
      "knows its content %j again, to the letter",
      async (content) => {
        const first = dataOf(await post(ann, { content, client_id: "one" }), 201);
        expect(dataOf(await post(ann, { content, client_id: "one" }), 200)).toEqual(first);
        await edit(ann, first.id, "other");
        expect(dataOf(await post(ann, { content, client_id: "one" }), 200).id).toBe(first.id);
      },
    );

    test("makes one message of 20 sends that race", async () => {
      const answers = await Promise.all(times(20, () => post(ann, { content: "Hello!", client_id: "race" })));
      expect(answers.map((answer) => answer.status).sort()).toEqual([...times(19, () => 200), 201]);
      expect(new Set(answers.map((answer) => answer.body.data.id)).size).toBe(1);
      expect((await page(bob)).total).toBe(1);
    });

    test("with other content is a conflict: 409, and nothing changes", async () => {
      const first = dataOf(await post(ann, { content: "Hello!", client_id: "one" }), 201);
      expectError(await post(ann, { content: "Bye!", client_id: "one" }), 409);
      expect((await page(bob)).messages).toEqual([first]);
    });

    test("is the sender's own, within the conversation", async () => {
      const elsewhere = await ann.conversation([bob]);
      dataOf(await post(ann, { content: "Ann's", client_id: "shared" }), 201);
      dataOf(await post(bob, { content: "Bob's", client_id: "shared" }), 201);
      const other = { content: "Ann's", client_id: `shared-${mode}` };
      dataOf(await post(ann, other), 201);
      dataOf(await ann.post(`/api/chat/conversations/${elsewhere.id}/messages/`, other), 201);
    });

    test("still holds after an edit: what was first sent is a resend, the new content is not", async () => {
      const { id: messageId } = dataOf(await post(ann, { content: "first", client_id: "one" }), 201);
      const edited = dataOf(await edit(ann, messageId, "second"));
      dataOf(await edit(ann, messageId, "third"));
      const again = dataOf(await post(ann, { content: "first", client_id: "one" }), 200);
      expect(again).toMatchObject({ id: messageId, seq: edited.seq, content: "third" });
      for (const content of ["second", "third"]) expectError(await post(ann, { content, client_id: "one" }), 409);
    });

    test("still holds after a deletion", async () => {
      const { id: messageId } = dataOf(await post(ann, { content: "first", client_id: "one" }), 201);
      await remove(ann, messageId);
      const again = dataOf(await post(ann, { content: "first", client_id: "one" }), 200);
      expect(again).toMatchObject({ id: messageId, content: "", deleted_at: expect.any(String) });
      expectError(await post(ann, { content: "another", client_id: "one" }), 409);
      expect((await page(ann)).total).toBe(1);
    });

    test.each(["~", " ", "x".repeat(64), `!"#$%&'()*+,-./:;<=>?@[\\]^_{|}`])("may be %j", async (client_id) => {
      expect(dataOf(await post(ann, { content: "x", client_id }), 201).client_id).toBe(client_id);
    });

    test.each(rows(["", "x".repeat(65), "é", "a\nb", "\x7f", "a\0", "\ud800", 5, null, {}]))(
      "may not be %j",
      async (client_id) => {
        expectFaults(await post(ann, { content: "x", client_id }), "client_id");
      },
    );
  });

  describe("an own message", () => {
    test("can be edited: it keeps its place and its version", async () => {
      const sent = await ann.send(id, "first", "one");
      const edited = dataOf(await edit(ann, sent.id, " second "));
      expectShape(message, edited);
      const { edited_at, ...rest } = edited;
      expect(rest).toEqual({ ...sent, content: "second" });
      expect(edited_at >= sent.created_at).toBe(true);
      expect((await page(bob)).messages).toEqual([edited]);
    });

    test("can be deleted: a tombstone with empty content stays", async () => {
      const sent = await ann.send(id, "first");
      const deleted = dataOf(await remove(ann, sent.id));
      expectShape(message, deleted);
      const { deleted_at, ...rest } = deleted;
      expect(rest).toEqual({ ...sent, content: "" });
      expect(deleted_at >= sent.created_at).toBe(true);
      expect(await page(bob)).toMatchObject({ messages: [deleted], total: 1 });
      expect((await summary(bob)).last_message).toEqual(deleted);
    });

    test("once deleted stays so, whatever is tried", async () => {
      const sent = await ann.send(id, "first");
      const deleted = dataOf(await remove(ann, sent.id));
      expect((await edit(ann, sent.id, "back again")).status).toBeGreaterThanOrEqual(400);
      await remove(ann, sent.id);
      expect((await page(bob)).messages).toEqual([deleted]);
    });
  });

  describe("a message", () => {
    test("is changed by its sender alone", async () => {
      const sent = await ann.send(id, "first");
      for (const [client, status] of [
        [bob, 403],
        [outsider, 403],
        [server.visitor(), 401],
      ] as const) {
        expectError(await edit(client, sent.id, "changed"), status);
        expectError(await remove(client, sent.id), status);
      }
      expect((await page(bob)).messages).toEqual([sent]);
    });

    test("can't be changed by its sender once they have left", async () => {
      const sent = await bob.send(id, "first");
      dataOf(await ann.delete(`/api/chat/conversations/${id}/participants/${bob.id}/`));
      expectError(await edit(bob, sent.id, "changed"), 403, noParticipant);
      expectError(await remove(bob, sent.id), 403, noParticipant);
      expect((await page(ann)).messages).toEqual([sent]);
    });

    test("that isn't there, or is in another conversation, is 404", async () => {
      const elsewhere = await ann.conversation([bob]);
      const sent = await ann.send(elsewhere.id, "elsewhere");
      for (const messageId of [UNKNOWN_ID, "x", "1", "%00", sent.id]) {
        expectError(await edit(ann, messageId, "changed"), 404);
        expectError(await remove(ann, messageId), 404);
      }
      const inUnknown = `/api/chat/conversations/${UNKNOWN_ID}/messages/${sent.id}/`;
      expectError(await ann.patch(inUnknown, { content: "changed" }), 404, notFound);
      expectError(await ann.delete(inUnknown), 404, notFound);
    });
  });
});
