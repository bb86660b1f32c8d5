import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachDatabase } from "../support/modes.ts";
import { RawSocket } from "../support/raw-socket.ts";
import type { Frame, Socket } from "../support/socket.ts";
import { expectErrorBody, startTarget, type Target } from "./wellbeing.ts";

setDefaultTimeout(300_000);

const TOGGLES = 600;
const AT_ONCE = 50;
const CONVERSATIONS = 5;
const NO_NUMBERS = "-1 1.5 1e3 0x10 +1 1_000 NaN Infinity null true %00 %0d%0a %ff %zz %D9%A3 [1]".split(" ");
const NO_EPOCHS =
  "0 null undefined __proto__ %00 %ff 01a2033ebd5173d3874f61a6f61f73e0 {01a2033e-bd51-73d3-874f-61a6f61f73e0} 01a2033e-bd51-73d3-874f-61a6f61f73e0%00 01a2033e-bd51-73d3-874f-61a6f61f73eg '%20OR%201=1--".split(
    " ",
  );
const BEYOND = ["4", "2147483648", "9007199254740991", "9007199254740993", "9".repeat(400)];

const path = (id: string) => `/api/chat/conversations/${id}/me/`;
const greeting = (socket: Socket) => socket.all("connection_established")[0];

inEachDatabase("hostile use of a user's own stream", (mode) => {
  let target: Target;
  let eve: Client;
  let ids: string[];

  beforeAll(async () => {
    target = await startTarget(mode);
    eve = await target.server.person("Eve");
    const others = [await target.server.person("Bob"), await target.server.person("Cat")];
    ids = [];
    for (let n = 0; n < CONVERSATIONS; n++) ids.push((await eve.conversation(others, `Group ${n}`)).id);
    for (const [n, id] of ids.slice(0, 3).entries())
      expect((await eve.patch(path(id), { level: "nothing" })).body.data.me_version).toBe(n + 1);
  });
  afterAll(() => target.server.stop());

  test("a cursor that is no number, or an epoch that is none, is refused with a reason", async () => {
    const queries = [
      ...NO_NUMBERS.map((value) => `after_me_version=${value}`),
      ...NO_EPOCHS.map((value) => `after_me_version=1&epoch=${value}`),
      ...NO_EPOCHS.map((value) => `epoch=${value}`),
      `after_me_version=1&epoch=${"a".repeat(4_000)}`,
    ];
    for (const query of queries) {
      const { answer } = await RawSocket.knock(eve, `/ws/?${query}`);
      expect(answer.status, query).toBe(400);
      expectErrorBody(answer.body, query);
    }
    await target.expectWell();
  });

  test("a cursor beyond the newest change, or of an epoch that never was, gets one `me_reset` and nothing old", async () => {
    const queries = [
      ...BEYOND.map((value) => `?after_me_version=${value}`),
      ...["0", "3", ...BEYOND].map((value) => `?after_me_version=${value}&epoch=${crypto.randomUUID()}`),
    ];
    for (const query of queries) {
      const socket = await eve.hub(query);
      await socket.next("me_reset");
      await socket.settled();
      expect(socket.all("me_reset"), query).toEqual([{ type: "me_reset", me_version: 3 }]);
      expect(socket.all("me"), query).toEqual([]);
      socket.close();
    }
  });

  test("an epoch in capitals, or one without a cursor, is taken as it is meant", async () => {
    const first = await eve.hub();
    const { epoch } = greeting(first);
    for (const [query, replayed] of [
      [`?after_me_version=1&epoch=${epoch.toUpperCase()}`, 2],
      [`?epoch=${crypto.randomUUID()}`, 0],
    ] as const) {
      const socket = await eve.hub(query);
      await socket.until(() => socket.all("me").length === replayed);
      await socket.settled();
      expect([socket.all("me").length, socket.all("me_reset")], query).toEqual([replayed, []]);
      socket.close();
    }
    first.close();
  });

  test("hundreds of toggles at once are numbered densely, reach every socket, and hold up nobody", async () => {
    const sockets = [await eve.hub(), await eve.hub("?after_me_version=0")];
    const before = greeting(sockets[0] as Socket).me_version;
    let done = 0;
    const toggle = async () => {
      for (let n = done++; n < TOGGLES; n = done++) {
        const body = n % 2 === 0 ? { archived: n % 4 === 0 } : { unread: n % 4 === 1 };
        const { status, body: answer } = await eve.patch(path(ids[n % ids.length] ?? ""), body);
        // A busy server may give up a change, and says so.
        if (status === 503) expect(answer.code).toBe("unavailable");
        else expect(status).toBe(200);
      }
    };
    const attack = Promise.all(Array.from({ length: AT_ONCE }, toggle));
    await target.expectWell();
    await attack;
    const newest = (await eve.get(`/api/chat/conversations/${ids[0]}/`)).body.data.me.me_version;
    expect(newest).toBeGreaterThan(before);
    for (const socket of sockets) {
      await socket.until(() => socket.all("me").at(-1)?.me_version === newest);
      let told = socket === sockets[0] ? before : 0;
      for (const { from, me_version } of socket.all("me")) {
        expect([from, me_version >= from]).toEqual([told + 1, true]);
        told = me_version;
      }
    }
    const late = await eve.hub("?after_me_version=0");
    await late.until(() => late.all("me").at(-1)?.me_version === newest);
    expect(late.all("me").map(({ key }: Frame) => key)).toBeArrayOfSize(ids.length);
    for (const socket of [...sockets, late]) {
      for (const id of ids) {
        const { me_version: _, ...state } = (await eve.get(`/api/chat/conversations/${id}/`)).body.data.me;
        expect(socket.all("me").findLast(({ key }: Frame) => key === id)?.value).toEqual(state);
      }
      socket.close();
    }
    await target.expectWell();
  });
});
