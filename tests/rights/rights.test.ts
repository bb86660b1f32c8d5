import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { type Action, type Role, rights } from "../../src/protocol/rights.ts";
import type { Alteration } from "../../src/server/features/members/alteration.ts";
import { may } from "../../src/server/rights/may.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

describe("the table of rights", () => {
  test("only an owner removes others or brings removed people back", () => {
    const rolesOf = (action: Action) => (["owner", "member", "admin"] as const).filter((role) => may(role, action));
    expect(rolesOf("remove_member")).toEqual(["owner"]);
    expect(rolesOf("bring_back_member")).toEqual(["owner"]);
    expect(rolesOf("add_member")).toEqual(["owner", "member"]);
    expect(rolesOf("revoke_invite")).toEqual(["owner", "admin"]);
  });

  test("a person without a role may do nothing", () => {
    for (const action of Object.keys(rights) as Action[]) expect(may(undefined, action)).toBe(false);
  });
});

inEachDatabase("rights in a group", (mode) => {
  let stores: TestStores;
  let people: { owner: number; member: number; other: number; outsider: number };
  let group: string;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    const [owner, member, other, outsider] = await Promise.all([1, 2, 3, 4].map(() => stores.user()));
    if (!owner || !member || !other || !outsider) throw new Error("somebody is missing");
    people = { owner, member, other, outsider };
  });
  beforeEach(async () => {
    group = await stores.conversation([people.owner, people.member, people.other]);
  });
  afterAll(() => stores.close());

  const alter = (actor: number, alteration: Alteration, id = group) =>
    stores.conversations.alter(id, actor, alteration).then(
      (outcome) => (outcome.kind === "done" && !outcome.change ? "nothing" : outcome.kind),
      (error: { reason?: string }) => error.reason,
    );
  const actions = (): Record<string, Alteration> => ({
    rename: { kind: "rename", name: `Name ${Bun.randomUUIDv7()}` },
    add_member: { kind: "add", userIds: [people.outsider], max: 100 },
    remove_member: { kind: "remove", userId: people.other },
  });

  test.each(["rename", "add_member", "remove_member"] as const)("%s is allowed by the table", async (action) => {
    for (const role of ["member", "owner"] as const satisfies Role[]) {
      const alteration = actions()[action];
      if (!alteration) throw new Error("no such action");
      const expected = may(role, action) ? "done" : "not_the_owner";
      expect([role, await alter(people[role], alteration)]).toEqual([role, expected]);
      await stores.query("DELETE FROM participants WHERE user_id = $1", [people.outsider]);
    }
    expect(await alter(people.outsider, { kind: "rename", name: "Mine" })).toBe("conversation_not_found");
  });

  test("a member leaves without the owner, and a removed person is brought back by the owner alone", async () => {
    expect(await alter(people.member, { kind: "remove", userId: people.member })).toBe("done");
    group = await stores.conversation([people.owner, people.member, people.other]);
    expect(await alter(people.owner, { kind: "remove", userId: people.other })).toBe("done");
    const back: Alteration = { kind: "add", userIds: [people.other], max: 100 };
    expect(await alter(people.member, back)).toBe("validation_failed");
    expect(await alter(people.owner, back)).toBe("done");
  });

  test("a 1-on-1 has none of these actions", async () => {
    const direct = await stores.conversation([people.owner, people.member]);
    for (const alteration of Object.values(actions()))
      expect(await alter(people.owner, alteration, direct)).toBe("not_a_group");
  });

  test("an owner who leaves at the same moment removes nobody after it", async () => {
    for (let i = 0; i < 10; i++) {
      group = await stores.conversation([people.owner, people.member, people.other]);
      const [left, removed] = await Promise.all([
        alter(people.owner, { kind: "remove", userId: people.owner }),
        alter(people.owner, { kind: "remove", userId: people.other }),
      ]);
      expect(left).toBe("done");
      const rows = await stores.query<{ removed: string }>(
        "SELECT removed::text AS removed FROM changes WHERE conversation_id = $1 ORDER BY version",
        [group],
      );
      const order = rows.map((row) => row.removed);
      // Either before they left, or not at all.
      if (removed === "done") expect(order).toEqual([`{${people.other}}`, `{${people.owner}}`]);
      else expect([removed, order]).toEqual(["conversation_not_found", [`{${people.owner}}`]]);
    }
  });
});
