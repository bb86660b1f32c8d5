import { expect, setDefaultTimeout, test } from "bun:test";
import type { Client } from "../support/client.ts";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError, UNKNOWN_ID } from "./expectations.ts";

setDefaultTimeout(120_000);

const path = (id: string) => `/api/chat/conversations/${id}/me/draft/`;
const set = (client: Client, id: string, body: unknown) => client.put(path(id), body);

inEachMode("drafts", (mode) => {
  const server = withServer(mode);

  async function pair() {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    const { id } = await ann.conversation([bob]);
    return { ann, bob, id };
  }

  test("go on on another device, and end when it says so", async () => {
    const { ann, bob, id } = await pair();
    const { id: answered } = await bob.send(id, "one");
    const device = await ann.hub();
    const first = dataOf(await set(ann, id, { content: " Hel", reply_to: answered }), 200, "Draft saved");
    expect(first).toMatchObject({ content: " Hel", reply_to: answered, me_version: 1 });
    expect(dataOf(await set(ann, id, { content: " Hel", reply_to: answered, based_on: 1 }))).toEqual(first);
    dataOf(await set(ann, id, { content: "Hello", based_on: 1 }));
    await device.until(() => device.all("me").length === 2);
    const [, frame] = device.all("me");
    expect(frame).toMatchObject({ kind: "draft", key: id, me_version: 2, value: { content: "Hello" } });
    expect(frame.value.reply_to).toBeUndefined();
    expect((await ann.get("/api/chat/me/draft/")).body.data).toEqual([{ key: id, value: frame.value, me_version: 2 }]);
    dataOf(await ann.delete(`${path(id)}?based_on=2`), 200, "Draft removed");
    dataOf(await ann.delete(path(id)));
    await device.until(() => device.all("me").length === 3);
    await device.settled();
    expect(device.all("me").at(-1)).toMatchObject({ kind: "draft", value: null, me_version: 3 });
    expect((await bob.get("/api/chat/me/draft/")).body.data).toEqual([]);
    device.close();
  });

  test("never replace a text that the device has not seen", async () => {
    const { ann, id } = await pair();
    dataOf(await set(ann, id, { content: "a long text of the laptop", based_on: 0 }));
    const refused = await set(ann, id, { content: "phone", based_on: 0 });
    expectError(refused, 409, { code: "newer" });
    expect(refused.body.data).toMatchObject({ content: "a long text of the laptop", me_version: 1 });
    // The phone has sent its text. That must not end the laptop's.
    expectError(await ann.delete(`${path(id)}?based_on=0`), 409, { code: "newer" });
    dataOf(await set(ann, id, { content: "phone", based_on: 1 }));
    dataOf(await ann.delete(`${path(id)}?based_on=2`));
    // The laptop's draft is gone, so nothing can be lost.
    dataOf(await set(ann, id, { content: "laptop again", based_on: 1 }));
    // Two devices at once: one of them is refused.
    const both = await Promise.all(["one", "two"].map((content) => set(ann, id, { content, based_on: 4 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("are refused with a reason, and belong to members", async () => {
    const { ann, id } = await pair();
    const faults = async (body: unknown, errors: unknown) =>
      expect(await set(ann, id, body)).toMatchObject({ status: 400, body: { code: "validation_failed", errors } });
    await faults({ content: "x".repeat(5_001) }, { content: ["Ensure this field has no more than 5000 characters."] });
    await faults({ content: " \n" }, { content: ["This field may not be blank."] });
    await faults({ content: "\ud800" }, { content: ["This field contains invalid characters."] });
    await faults({ content: 5, based_on: -1, reply_to: "x" }, { content: ["Not a valid string."] });
    dataOf(await set(ann, id, { content: "😀".repeat(5_000) }));
    const eve = await server.person("Eve");
    expectError(await set(eve, id, { content: "x" }), 403, { code: "not_a_participant" });
    expectError(await set(eve, UNKNOWN_ID, { content: "x" }), 404, { code: "not_found" });
  });
});
