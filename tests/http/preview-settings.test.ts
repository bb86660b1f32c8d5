import { expect, test } from "bun:test";
import { inEachMode } from "../support/modes.ts";
import { withServer } from "../support/server.ts";
import { dataOf, expectError } from "./expectations.ts";

const PATH = "/api/users/previews/";

inEachMode("the setting of link previews", (mode) => {
  const server = withServer(mode);

  test("shows previews until its person hides them, and a repeat changes nothing", async () => {
    const [ann, bob] = [await server.person("Ann"), await server.person("Bob")];
    expect(dataOf(await ann.get(PATH))).toEqual({ shown: true, me_version: 0 });
    expect(dataOf(await ann.patch(PATH, { shown: true }))).toEqual({ shown: true, me_version: 0 });
    const hidden = { shown: false, me_version: 1 };
    expect(dataOf(await ann.patch(PATH, { shown: false }), 200, "Settings saved")).toEqual(hidden);
    expect(dataOf(await ann.patch(PATH, { shown: false }))).toEqual(hidden);
    expect(dataOf(await ann.get(PATH))).toEqual(hidden);
    expect(dataOf(await bob.get(PATH)).shown).toBe(true);
    for (const body of [{}, { shown: "no" }, { shown: null }])
      expectError(await ann.patch(PATH, body), 400, { code: "validation_failed" });
    expectError(await server.visitor().get(PATH), 401);
  });

  test("reaches every device of the person, also one that was away", async () => {
    const ann = await server.person("Ann");
    const open = await ann.hub();
    const { me_version } = dataOf(await ann.patch(PATH, { shown: false }));
    const frame = { kind: "previews", key: "account", me_version, value: { shown: false } };
    expect(await open.next("me")).toMatchObject(frame);
    const late = await ann.hub("?after_me_version=0");
    expect(await late.next("me")).toMatchObject(frame);
    for (const socket of [open, late]) socket.close();
  });
});
