import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { dataOf, expectError, ids, times } from "../http/expectations.ts";
import { type Client, PASSWORD } from "../support/client.ts";
import { makePlace, modes, type Place } from "../support/modes.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { on } from "./two-nodes.ts";

const RACING = 50;

if (modes.includes("redis"))
  describe("invites over two nodes", () => {
    let place: Place;
    let nodes: [TestServer, TestServer];
    let root: Client;
    beforeAll(async () => {
      place = await makePlace("redis");
      nodes = [await startTestServer("redis", place.environment), await startTestServer("redis", place.environment)];
      root = await superuser(nodes[0], "Root");
    });
    afterAll(async () => {
      for (const node of nodes) await node.stop();
      place.remove();
    });

    const nodeOf = (n: number) => nodes[n % 2 === 0 ? 0 : 1];
    const statuses = (answers: { status: number }[], wanted: number) =>
      answers.filter(({ status }) => status === wanted).length;
    async function openGroup(max_uses: number) {
      const [bob, cem] = [await nodes[0].person("Bob"), await nodes[1].person("Cem")];
      const { id } = await root.conversation([bob, cem], "Open");
      const { code } = dataOf(await root.post("/api/invites/", { conversation_id: id, max_uses }), 201);
      return { id, code, cem: on(nodes[1], cem) };
    }
    const usesOf = async (code: string): Promise<number> => {
      const found = dataOf(await root.get("/api/invites/"));
      return found.find((invite: { code: string }) => invite.code === code).uses;
    };

    test("of 50 people who accept at once on both an invite for 10 lets exactly 10 in, and everybody hears of each once", async () => {
      const { id, code, cem } = await openGroup(10);
      const people = await Promise.all(times(RACING, (n) => nodeOf(n).person()));
      const socket = await cem.chat(id);
      const answers = await Promise.all(people.map((person) => person.post(`/api/invites/${code}/accept/`)));
      expect([statuses(answers, 200), statuses(answers, 410)]).toEqual([10, 40]);
      expect(await usesOf(code)).toBe(10);
      await socket.until((frames) => frames.filter(({ type }) => type === "participants").length === 10);
      const added = socket.frames.filter(({ type }) => type === "participants").flatMap((frame) => ids(frame.added));
      const let_in = people.filter((_, n) => answers[n]?.status === 200).map((person) => person.id);
      expect(added.toSorted()).toEqual(let_in.toSorted());
      const members = ids(dataOf(await root.get(`/api/chat/conversations/${id}/participants/`)));
      expect(members).toHaveLength(13);
      expect(members).toEqual(expect.arrayContaining(let_in));
      socket.close();
    });

    test("of 50 people who register at once on both an invite for 10 makes exactly 10 accounts", async () => {
      const { id, code, cem } = await openGroup(10);
      const socket = await cem.chat(id);
      const bodies = times(RACING, (n) => ({
        email: `both${n}@example.com`,
        first_name: "New",
        last_name: "Comer",
        password: PASSWORD,
        password_confirm: PASSWORD,
        invite: code,
      }));
      const answers = await Promise.all(
        bodies.map((body, n) => nodeOf(n).visitor().post("/api/users/register/", body)),
      );
      expect([statuses(answers, 201), statuses(answers, 410)]).toEqual([10, 40]);
      expect(await usesOf(code)).toBe(10);
      await socket.until((frames) => frames.filter(({ type }) => type === "participants").length === 10);
      const found = await root.get("/api/users/list/?search=both");
      expect(found.body.meta.total).toBe(10);
      socket.close();
    });

    test("a reset link that is used on one node ends the sessions and sockets on the other one", async () => {
      const ann = on(nodes[1], await nodes[0].person("Ann"));
      const hub = await ann.hub();
      const { url } = dataOf(await root.post(`/api/admin/users/${ann.id}/reset-link/`), 201);
      const body = {
        token: new URL(url).hash.slice(1),
        password: "AnotherPass456",
        password_confirm: "AnotherPass456",
      };
      dataOf(await nodes[0].visitor().post("/api/users/password/reset/confirm/", body));
      expect((await hub.closed).code).toBe(4401);
      expectError(await ann.get("/api/users/profile/"), 401);
      expectError(
        await nodes[1].visitor().post("/api/users/login/", { email: ann.user?.email, password: PASSWORD }),
        401,
      );
    });
  });
