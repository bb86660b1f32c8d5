import { expect, test } from "bun:test";
import type { Message } from "../../src/protocol/messages.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, ids } from "./expectations.ts";

inEachMode("mentions", (mode) => {
  const server = withServer(mode);

  async function group() {
    const [ann, bob, cid] = [await server.person("Ann"), await server.person("Bob"), await server.person("Cid")];
    const { id } = await ann.conversation([bob, cid], "Team");
    const path = `/api/chat/conversations/${id}/`;
    const edit = (message: Message, content: string) => ann.patch(`${path}messages/${message.id}/`, { content });
    const countOf = async (person = bob) => {
      const one = dataOf(await person.get(path)).mention_count as number;
      const list = dataOf(await person.get("/api/chat/conversations/?limit=1000"));
      expect(list.find((item: { id: string }) => item.id === id)?.mention_count).toBe(one);
      return one;
    };
    const inbox = async (person = bob, query = "") =>
      dataOf(await person.get(`/api/chat/mentions/?${query}`)) as { message: Message; conversation: { id: string } }[];
    return { ann, bob, cid, id, path, edit, countOf, inbox };
  }

  test("are members whom the text names by their number, with their names of today", async () => {
    const { ann, bob, cid, id, countOf } = await group();
    const stranger = await server.person("Dee");
    const message = await ann.send(id, `<@${bob.id}> and <@${stranger.id}>, <@${ann.id}> <@999999>`);
    expect(message.mentions).toEqual({ user_ids: [bob.id], names: ["Bob Tester"] });
    expect([await countOf(bob), await countOf(cid), await countOf(ann)]).toEqual([1, 0, 0]);
    await bob.patch("/api/users/profile/", { first_name: "Robert" });
    const page = dataOf(await cid.get(`/api/chat/conversations/${id}/messages/`));
    expect(page.messages[0].mentions.names).toEqual(["Robert Tester"]);
    // The page counts as read.
    dataOf(await bob.get(`/api/chat/conversations/${id}/messages/`));
    expect(await countOf(bob)).toBe(0);
  });

  test("stay text in code, in quotes, behind a backslash and for strangers", async () => {
    const { ann, bob, id, countOf } = await group();
    for (const text of [`\`<@${bob.id}>\``, `> <@${bob.id}> <!all>`, `\\<@${bob.id}>`, "<@1x> <!ALL>", "<@2147483647>"])
      expect(await ann.send(id, text)).not.toHaveProperty("mentions");
    expect(await countOf()).toBe(0);
  });

  test("of everybody reach everybody, and in a 1-on-1 nobody", async () => {
    const { ann, bob, cid, id, countOf } = await group();
    expect((await ann.send(id, "<!all> lunch")).mentions).toEqual({ user_ids: [], scope: "all", names: [] });
    expect([await countOf(bob), await countOf(cid), await countOf(ann)]).toEqual([1, 1, 0]);
    const pair = await ann.conversation([bob]);
    expect(await ann.send(pair.id, "<!all> <!here>")).not.toHaveProperty("mentions");
    expect((await ann.send(pair.id, `<!all> <@${bob.id}>`)).mentions?.user_ids).toEqual([bob.id]);
  });

  test("of everybody online reach those who have a socket", async () => {
    const { ann, bob, cid, id, countOf } = await group();
    const socket = await bob.hub();
    expect((await ann.send(id, "<!here>")).mentions).toMatchObject({ scope: "here" });
    expect([await countOf(bob), await countOf(cid)]).toEqual([1, 0]);
    socket.close();
  });

  test("follow edits, and the text alone after five minutes", async () => {
    const { ann, bob, cid, id, edit, countOf } = await group();
    const message = await ann.send(id, "hello");
    expect(dataOf(await edit(message, `hello <@${bob.id}>`)).mentions.user_ids).toEqual([bob.id]);
    expect(await countOf()).toBe(1);
    expect(dataOf(await edit(message, `hello <@${cid.id}>`)).mentions.user_ids).toEqual([cid.id]);
    expect([await countOf(bob), await countOf(cid)]).toEqual([0, 1]);
    expect(dataOf(await edit(message, "nobody"))).not.toHaveProperty("mentions");
    expect(await countOf(cid)).toBe(0);
  });

  test("of deleted messages are gone", async () => {
    const { ann, bob, id, path, countOf, inbox } = await group();
    const message = await ann.send(id, `<@${bob.id}>`);
    expect(await inbox()).toHaveLength(1);
    dataOf(await ann.delete(`${path}messages/${message.id}/`));
    expect(await countOf()).toBe(0);
    expect(await inbox()).toEqual([]);
  });

  test("are listed newest first, page by page, while you are a member", async () => {
    const { ann, bob, id, path, inbox } = await group();
    const sent: Message[] = [];
    for (let i = 0; i < 5; i++) sent.unshift(await ann.send(id, i === 2 ? "<!all>" : `<@${bob.id}> ${i}`));
    const found: Message[] = [];
    for (let before: string | null = ""; before !== null; ) {
      const { body } = await bob.get(`/api/chat/mentions/?limit=2${before && `&before=${before}`}`);
      expect(body.data.every(({ conversation }: { conversation: { id: string } }) => conversation.id === id)).toBe(
        true,
      );
      found.push(...body.data.map(({ message }: { message: Message }) => message));
      before = body.meta.next_before;
    }
    expect(ids(found)).toEqual(ids(sent));
    expect(found[0]?.mentions?.names).toEqual(["Bob Tester"]);
    expect(await inbox(bob, "unread=true&limit=3")).toHaveLength(3);
    expect(await inbox(bob, `conversation_id=${crypto.randomUUID()}`)).toEqual([]);
    for (const before of ["1", "1_2_3", `-1_${id}_1`, "%00"])
      expectError(await bob.get(`/api/chat/mentions/?before=${before}`), 400, { code: "validation_failed" });
    dataOf(await bob.delete(`${path}participants/${bob.id}/`), 200);
    expect(await inbox()).toEqual([]);
  });

  test("in a thread make people follow it, and count there alone", async () => {
    const { ann, bob, cid, id, path, countOf, inbox } = await group();
    const stranger = await server.person("Dee");
    const root = await ann.send(id, "Where?");
    const answer = (content: string) => ann.post(`${path}messages/${root.id}/thread/messages/`, { content });
    const sent = dataOf(await answer(`<@${bob.id}> <@${stranger.id}> at the sea?`), 201) as Message;
    expect(sent.mentions?.user_ids).toEqual([bob.id]);
    const [thread] = dataOf(await bob.get("/api/chat/conversations/?kind=thread"));
    expect(thread).toMatchObject({ id: sent.conversation_id, mention_count: 1 });
    expect(await countOf(bob)).toBe(0);
    expect((await inbox(bob)).map(({ message }) => message.id)).toEqual([sent.id]);
    // Everybody in a thread are the people who follow it.
    dataOf(await answer("<!all>"), 201);
    expect(dataOf(await bob.get("/api/chat/conversations/?kind=thread"))[0].mention_count).toBe(2);
    expect(await inbox(cid)).toEqual([]);
    const why = async (person = bob) =>
      dataOf(await person.get(`/api/chat/conversations/${sent.conversation_id}/messages/${sent.id}/why/`)).reason;
    expect([await why(bob), await why(cid)]).toEqual(["mention", "not_following"]);
    dataOf(await ann.delete(`${path}participants/${bob.id}/`));
    expect(await inbox(bob)).toEqual([]);
  });

  test("are fifty people at most in one message", async () => {
    const { ann, bob, id } = await group();
    const many = Array.from({ length: 900 }, (_, i) => `<@${i + 1_000_000}>`).join("");
    expect(await ann.send(id, many.slice(0, 4_990))).not.toHaveProperty("mentions");
    expect((await ann.send(id, `${`<@${bob.id}>`.repeat(400)}`)).mentions?.user_ids).toEqual([bob.id]);
  });
});
