import { describe, expect, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { modes } from "../support/modes.ts";
import { withTwoNodes } from "../support/server.ts";
import { on } from "./two-nodes.ts";

const REQUESTS = "/api/chat/requests/";

if (modes.includes("redis"))
  describe("requests on two nodes", () => {
    const { one, two } = withTwoNodes();

    const picky = async (name: string) => {
      const person = await one.person(name);
      await person.patch("/api/users/profile/", { may_add_me: "nobody" });
      return person;
    };
    const accept = (person: Client, id: string) => person.post(`${REQUESTS}${id}/accept/`);

    test("a request comes to the other node, and accepted on both at once it makes one conversation", async () => {
      const [ann, bob] = [await one.person("Ann"), await picky("Bob")];
      const there = on(two, bob);
      const [here, hub] = [await bob.hub(), await there.hub()];
      await ann.post("/api/chat/conversations/", { participant_ids: [bob.id] });
      const { request } = await hub.next("request");
      await here.next("request");
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => accept(i % 2 === 0 ? bob : there, request.id)),
      );
      const made = answers.filter(({ status }) => status === 200);
      expect(made.length).toBeGreaterThan(0);
      expect(new Set(made.map(({ body }) => body.data.id)).size).toBe(1);
      await Promise.all([here, hub].map((socket) => socket.next("request_ended")));
      await Promise.all([here, hub].map((socket) => socket.next("conversation")));
      await Promise.all([here, hub].map((socket) => socket.settled()));
      for (const socket of [here, hub]) {
        expect(socket.all("request_ended")).toHaveLength(1);
        expect(socket.all("conversation")).toHaveLength(1);
        socket.close();
      }
      expect((await there.get("/api/chat/conversations/")).body.meta.total).toBe(1);
    });

    test("a group is joined once, and a removal by the owner wins over a member's wish", async () => {
      const [ann, bob, cid, dee] = [
        await one.person("Ann"),
        await one.person("Bob"),
        await one.person("Cid"),
        await picky("Dee"),
      ];
      const { id } = await ann.conversation([bob, cid]);
      await ann.post(`/api/chat/conversations/${id}/participants/`, { user_ids: [dee.id] });
      const [request] = (await on(two, dee).get(REQUESTS)).body.data;
      await Promise.all([dee, on(two, dee)].map((client) => accept(client, request.id)));
      const detail = async () => (await on(two, ann).get(`/api/chat/conversations/${id}/`)).body.data;
      expect((await detail()).participant_count).toBe(4);
      await ann.delete(`/api/chat/conversations/${id}/participants/${dee.id}/`);
      const refused = await on(two, bob).post(`/api/chat/conversations/${id}/participants/`, { user_ids: [dee.id] });
      expect(refused.status).toBe(400);
      expect((await detail()).participant_count).toBe(3);
    });

    test("a 1-on-1 hidden on one node is hidden on the other", async () => {
      const [ann, bob] = [await one.person("Ann"), await one.person("Bob")];
      const { id } = await ann.conversation([bob]);
      const hub = await on(two, ann).hub();
      await ann.delete(`/api/chat/conversations/${id}/participants/${ann.id}/`);
      expect((await hub.next("hidden")).conversation_id).toBe(id);
      const list = async () => (await on(two, ann).get("/api/chat/conversations/")).body;
      expect((await list()).meta.total).toBe(0);
      await bob.send(id, "hello");
      await hub.next("activity", (frame) => frame.conversation_id === id);
      expect((await list()).meta).toMatchObject({ total: 1, unread: { messages: 1 } });
      hub.close();
    });
  });
