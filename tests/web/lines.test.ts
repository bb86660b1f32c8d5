import { expect, test } from "bun:test";
import type { Conversation, Line } from "../../src/sdk/index.ts";
import { noticesOf } from "../../src/web/chat/messages/lines.ts";

const ME = 1;
const [ann, bob, cid] = [
  { id: ME, full_name: "Ann" },
  { id: 2, full_name: "Bob" },
  { id: 3, full_name: "Cid" },
] as const;

let version = 0;
const line = (
  kind: Line["kind"],
  by: { id: number; full_name: string } | undefined,
  more: Partial<Line> = {},
): Line => {
  const users = more.users ?? [];
  return {
    after_seq: 1,
    version: ++version,
    at: "2026-03-14T15:09:26.535Z",
    kind,
    user_id: by?.id,
    user_name: by?.full_name,
    users,
    user_count: users.length,
    ...more,
  };
};
const textsOf = (...lines: Line[]) => noticesOf({ lines } as unknown as Conversation, ME).map(({ text }) => text);

test("a line says who did what, and who is you", () => {
  expect(textsOf(line("members_added", bob, { users: [cid] }))).toEqual(["Bob added Cid"]);
  expect(textsOf(line("members_added", ann, { users: [cid] }))).toEqual(["You added Cid"]);
  expect(textsOf(line("members_added", bob, { users: [ann] }))).toEqual(["Bob added you"]);
  expect(textsOf(line("members_added", cid, { users: [cid] }))).toEqual(["Cid joined"]);
  expect(textsOf(line("members_removed", bob, { users: [cid] }))).toEqual(["Bob removed Cid"]);
  expect(textsOf(line("members_removed", cid, { users: [cid] }))).toEqual(["Cid left"]);
  expect(textsOf(line("renamed", bob, { name: "Choir" }))).toEqual(["Bob named the group Choir"]);
  expect(textsOf(line("renamed", bob, { name: null }))).toEqual(["Bob removed the name of the group"]);
  expect(textsOf(line("owner_changed", undefined, { users: [cid] }))).toEqual(["Cid now owns the group"]);
  expect(textsOf(line("owner_changed", undefined, { users: [ann] }))).toEqual(["You now own the group"]);
  expect(textsOf(line("pinned", bob))).toEqual(["Bob pinned a message"]);
});

test("a line of an older release names nobody who did it", () => {
  expect(textsOf(line("members_added", undefined, { users: [cid] }))).toEqual(["Cid joined"]);
  expect(textsOf(line("members_removed", undefined, { users: [cid] }))).toEqual(["Cid is no longer in the group"]);
  expect(textsOf(line("renamed", undefined, { name: "Choir" }))).toEqual(["The group is now called Choir"]);
});

test("lines of one person after one another are one, but not across a message, another person or another deed", () => {
  const dan = { id: 4, full_name: "Dan" };
  const [one, two] = [line("members_added", bob, { users: [cid] }), line("members_added", bob, { users: [dan] })];
  expect(textsOf(one, two)).toEqual(["Bob added Cid and Dan"]);
  expect(textsOf(one, { ...two, after_seq: 2 })).toEqual(["Bob added Cid", "Bob added Dan"]);
  expect(textsOf(one, { ...two, user_id: ME, user_name: "Ann" })).toEqual(["Bob added Cid", "You added Dan"]);
  expect(textsOf(one, { ...two, kind: "members_removed" })).toEqual(["Bob added Cid", "Bob removed Dan"]);
  expect(textsOf(line("members_added", cid, { users: [cid] }), line("members_added", dan, { users: [dan] }))).toEqual([
    "Cid and Dan joined",
  ]);
  expect(textsOf(line("renamed", bob, { name: "A" }), line("renamed", bob, { name: "B" }))).toHaveLength(2);
});

test("a line names three people and counts the others", () => {
  const crowd = Array.from({ length: 10 }, (_, i) => ({ id: 10 + i, full_name: `P${i}` }));
  expect(textsOf(line("members_added", bob, { users: crowd, user_count: 1_000 }))).toEqual([
    "Bob added P0, P1, P2, and 997 others",
  ]);
  expect(textsOf(line("members_added", bob, { users: crowd.slice(0, 4), user_count: 4 }))).toEqual([
    "Bob added P0, P1, P2, and P3",
  ]);
});
