import { expect, setDefaultTimeout, test } from "bun:test";
import { dataOf } from "../http/expectations.ts";
import { inEachMode } from "../support/modes.ts";
import { startTestServer } from "../support/server.ts";

setDefaultTimeout(60_000);

inEachMode("what retention removes", (mode) => {
  test("is announced once to each socket of the conversation and its members, and leaves every page", async () => {
    const server = await startTestServer(mode, { MESSAGE_RETENTION: "2s" }, { housekeepingEveryMs: 200 });
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    const path = `/api/chat/conversations/${id}/`;
    const [chat, hub, subscribed] = [await bob.chat(id), await bob.hub(), await bob.hub()];
    subscribed.send({ type: "subscribe", conversation_id: id });
    for (const content of ["1", "2", "3"]) await ann.send(id, content);
    expect(dataOf(await bob.get(`${path}messages/`)).pruned_seq).toBe(0);
    for (const socket of [chat, hub, subscribed]) {
      await socket.until(
        (frames) => frames.some(({ pruned_seq, type }) => type === "pruned" && pruned_seq === 3),
        20_000,
      );
      const told = socket.all("pruned");
      for (const frame of told)
        expect(frame).toEqual({ type: "pruned", conversation_id: id, pruned_seq: expect.any(Number) });
      expect(new Set(told.map(({ pruned_seq }) => pruned_seq)).size).toBe(told.length);
    }
    await ann.send(id, "4");
    const page = dataOf(await bob.get(`${path}messages/?mark_read=false`));
    expect(page).toMatchObject({ pruned_seq: 3, total: 1 });
    expect(page.messages.map(({ content }: { content: string }) => content)).toEqual(["4"]);
    expect(dataOf(await bob.get(path)).pruned_seq).toBe(3);
    expect(dataOf(await bob.get("/api/chat/conversations/"))[0].pruned_seq).toBe(3);
    hub.send({ type: "subscribe", conversation_id: id, after_version: 1 });
    expect(await hub.next("subscribed")).toMatchObject({ pruned_seq: 3 });
    expect(await hub.next("reset")).toMatchObject({ pruned_seq: 3 });
    chat.send({ type: "history" });
    expect(await chat.next("history")).toMatchObject({ pruned_seq: 3 });
    for (const socket of [chat, hub, subscribed]) socket.close();
    await server.stop();
  });
});
