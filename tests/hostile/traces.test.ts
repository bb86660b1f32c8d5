import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { type Mode, modes } from "../support/modes.ts";
import { sharedS3 } from "../support/s3.ts";
import { startTestServer, type TestServer } from "../support/server.ts";
import { superuser } from "../support/superuser.ts";
import { until } from "../support/until.ts";
import { type Ask, ask, CONVERSATIONS, fileWays, framesOf, MARKS, makeScene, type Scene, traceWays } from "./traces.ts";
import { expectErrorBody } from "./wellbeing.ts";

setDefaultTimeout(60_000);

type Person = "ann" | "bob" | "cem" | "outsider" | "root" | "guest";
type People = Record<Person, Client>;

/** One way in which a message, or the right to read it, ends. */
interface Ending {
  /** Does what ends it. Left out: time does. */
  end?(scene: Scene, people: People): Promise<{ status: number; text: string }>;
  /** They find nothing afterwards. */
  losers: readonly Person[];
  /** They find nothing of these. */
  gone: readonly (keyof typeof MARKS)[];
}

const MEMBERS = ["ann", "bob"] as const;
const ALL = ["text", "file", "group"] as const;
const at = ({ conversationId, messageId }: Scene, root = "/api/chat") =>
  `${root}/conversations/${conversationId}/messages/${messageId}/`;
const member = ({ conversationId }: Scene, { id }: Client) => `${CONVERSATIONS}${conversationId}/participants/${id}/`;

const ENDINGS: Record<string, Ending> = {
  "nobody has let them in": {
    end: async () => ({ status: 200, text: "" }),
    losers: ["outsider", "root", "guest"],
    gone: ALL,
  },
  "its sender has deleted it": {
    end: (scene, { ann }) => ann.delete(at(scene)),
    losers: MEMBERS,
    gone: ["text", "file"],
  },
  "an admin has deleted it": {
    end: (scene, { root }) => root.delete(at(scene, "/api/admin")),
    losers: MEMBERS,
    gone: ["text", "file"],
  },
  "its sender has edited it": {
    end: (scene, { ann }) => ann.patch(at(scene), { content: "another text" }),
    losers: MEMBERS,
    gone: ["text"],
  },
  "they were removed": {
    end: (scene, { ann, cem }) => ann.delete(member(scene, cem)),
    losers: ["cem"],
    gone: ALL,
  },
  "they have left": {
    end: (scene, { cem }) => cem.delete(member(scene, cem)),
    losers: ["cem"],
    gone: ALL,
  },
  "an admin has removed the conversation": {
    end: ({ conversationId }, { root }) => root.delete(`/api/admin/conversations/${conversationId}/`),
    losers: MEMBERS,
    gone: ALL,
  },
  "retention has removed it": { losers: MEMBERS, gone: ["text", "file"] },
  "an admin has deactivated them": {
    end: (_, { root, cem }) => root.patch(`/api/admin/users/${cem.id}/`, { is_active: false }),
    losers: ["cem"],
    gone: ALL,
  },
};

/** Files lie in a folder beside the embedded database, and beside another one in a store that speaks S3. */
const STORES: Record<string, { mode: Mode; settings(): Promise<Record<string, string>> }> = {
  "a folder": { mode: "embedded", settings: async () => ({}) },
  S3: { mode: modes.at(-1) ?? "embedded", settings: async () => (await sharedS3()).settings() },
};

for (const [store, { mode, settings }] of Object.entries(STORES))
  describe(`traces of a message, with files in ${store}`, () => {
    let server: TestServer;
    /** Here messages last for a moment. */
    let brief: TestServer;

    beforeAll(async () => {
      server = await startTestServer(mode, await settings());
      const briefly = { MESSAGE_RETENTION: "10s", ...(await settings()) };
      brief = await startTestServer(mode, briefly, { housekeepingEveryMs: 200 });
    });
    afterAll(async () => {
      await server?.stop();
      await brief?.stop();
    });

    const peopleOn = async (place: TestServer): Promise<People> => ({
      ann: await place.person("Ann"),
      bob: await place.person("Bob"),
      cem: await place.person("Cem"),
      outsider: await place.person("Out"),
      root: await superuser(place),
      guest: place.visitor(),
    });
    const isPruned = async (who: Client, { conversationId, seq }: Scene) =>
      (await who.get(`${CONVERSATIONS}${conversationId}/messages/?mark_read=false`)).body.data.pruned_seq >= seq;
    const marksIn = (text: string, marks: readonly (keyof typeof MARKS)[]) =>
      marks.filter((mark) => text.includes(MARKS[mark]));

    for (const [name, { end, losers, gone }] of Object.entries(ENDINGS))
      test(`are none when ${name}`, async () => {
        const people = await peopleOn(end ? server : brief);
        const scene = await makeScene(people.ann, [people.bob, people.cem]);
        const ways = (who: Client): Record<string, Ask> => ({
          ...traceWays(scene, people.ann),
          ...fileWays(scene, who),
        });
        /** Whether an answer has what is to be gone: its bytes, or words of it. */
        const tells = async (way: string, answer: Response): Promise<string | undefined> => {
          const text = await answer.text();
          if (answer.status >= 400 && text !== "") expectErrorBody(JSON.parse(text), way);
          const isBytes = way.startsWith("file ") && gone.includes("file");
          const isPicture = way.startsWith("the group's") && gone.includes("group");
          const words = marksIn(text + [...answer.headers].flat().join(" "), gone);
          const isTold = words.length > 0 || ((isBytes || isPicture) && answer.status < 400) || answer.status >= 500;
          return isTold ? `${way}: ${answer.status} ${words} ${text.slice(0, 400)}` : undefined;
        };
        const told = async (who: Client) => {
          const answers = Object.entries(ways(who)).map(async ([way, request]) => tells(way, await ask(who, request)));
          return (await Promise.all(answers)).filter((each) => each !== undefined);
        };
        // So that finding nothing later means something
        const before = await told(people.cem);
        expect(before.length).toBeGreaterThan(gone.length === 1 ? 20 : 40);
        if (end) expect(await end(scene, people)).toMatchObject({ status: 200 });
        else await until(() => isPruned(people.bob, scene), { withinMs: 40_000 });

        for (const person of losers) {
          const who = people[person];
          expect([person, await told(who)]).toEqual([person, []]);
          const isIn = (await who.get("/api/users/profile/")).status === 200;
          if (isIn) expect([person, marksIn(await framesOf(who, scene), gone)]).toEqual([person, []]);
        }
      });
  });
