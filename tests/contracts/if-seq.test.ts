import { afterAll, beforeAll, expect, test } from "bun:test";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("sends with if_seq", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;
  let eve: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob, eve] = [await stores.user("Ann"), await stores.user("Bob"), await stores.user("Eve")];
  });
  afterAll(() => stores.close());

  const send = (id: string, content: string, ifSeq?: number, clientId?: string) =>
    stores.log.append({ ...stores.draft(id, ann, content, clientId), ifSeq });
  const newer = (lastSeq: number) => ({ reason: "newer", lastSeq });

  test("a send is refused when the conversation has a newer message, and takes no number then", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    expect((await send(id, "first", 0)).message.seq).toBe(1);
    await expect(send(id, "late", 0)).rejects.toMatchObject(newer(1));
    expect((await send(id, "second", 1)).message.seq).toBe(2);
    // A reader that is ahead of nothing that exists is not behind either.
    expect((await send(id, "third", 9)).message.seq).toBe(3);
    expect((await send(id, "fourth")).message).toMatchObject({ seq: 4, version: 4 });
  });

  test("sends of one batch are decided one by one", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const sent = await Promise.allSettled([
      send(id, "plain"),
      send(id, "too late", 0),
      send(id, "in time", 1),
      send(id, "also too late", 1),
      send(id, "plain again"),
      send(id, "in time too", 3),
    ]);
    expect(sent.map((one) => (one.status === "fulfilled" ? one.value.message.seq : one.reason.lastSeq * -1))).toEqual([
      1, -1, 2, -2, 3, 4,
    ]);
    const { head } = await stores.log.page(id, { limit: 1 });
    expect(head).toMatchObject({ lastSeq: 4, lastVersion: 4 });
  });

  test("a resend is answered with the first message, however much has come since", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    await send(id, "mine", 0, "once");
    await send(id, "since");
    const again = await send(id, "mine", 0, "once");
    expect(again).toMatchObject({ first: false, message: { seq: 1 } });
    expect((await send(id, "next", 2)).message.seq).toBe(3);
  });

  test("of many people who answer the same message, one is in time", async () => {
    const id = await stores.conversation([ann, bob, eve]);
    const beside = stores.beside();
    const logs = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? stores.log : beside.log));
    const sent = await Promise.allSettled(
      logs.map((log, i) => log.append({ ...stores.draft(id, i % 2 === 0 ? ann : bob, `${i}`), ifSeq: 0 })),
    );
    expect(sent.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    for (const one of sent) if (one.status === "rejected") expect(one.reason).toMatchObject(newer(1));
  });
});
