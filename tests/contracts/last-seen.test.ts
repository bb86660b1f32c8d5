import { afterAll, beforeAll, expect, test } from "bun:test";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("last seen", (mode) => {
  let stores: TestStores;
  let ann: number;
  let bob: number;

  beforeAll(async () => {
    stores = await openTestStores(mode);
    [ann, bob] = [await stores.user("Ann"), await stores.user("Bob")];
    await stores.conversation([ann, bob]);
  });
  afterAll(() => stores.close());

  test("it moves forward only, and is null before", async () => {
    expect(await stores.presence.visible(new Map([[ann, [bob]]]))).toEqual(new Map([[ann, new Map([[bob, null]])]]));
    const hour = 3_600_000;
    const first = (await stores.presence.wentOffline([{ id: bob, goneMs: hour }])).get(bob) ?? "";
    expect(Date.now() - Date.parse(first)).toBeWithin(hour - 60_000, hour + 60_000);
    const people = [ann, bob].map((id) => ({ id, goneMs: 2 * hour }));
    const again = await stores.presence.wentOffline([...people, { id: 1_000_000, goneMs: 0 }]);
    expect([again.get(bob), again.size]).toEqual([first, 2]);
    expect((await stores.presence.wentOffline([{ id: bob, goneMs: 1.5 }])).get(bob)).not.toBe(first);
  });

  test("it is the later of the last login and the last time online, and strangers see only the login", async () => {
    const cat = await stores.user("Cat");
    await stores.conversation([ann, cat]);
    const seen = async () => (await stores.presence.visible(new Map([[ann, [cat]]]))).get(ann)?.get(cat);
    const shown = async () => (await stores.users.byId(cat))?.user.last_seen;
    const offline = async (goneMs: number) => (await stores.presence.wentOffline([{ id: cat, goneMs }])).get(cat);
    const online = await offline(3_600_000);
    expect([await seen(), await shown()]).toEqual([online, null]);
    const login = (await stores.users.seen(cat))?.last_seen;
    expect([await seen(), await shown(), await offline(1_800_000)]).toEqual([login, login, login]);
    let later = login;
    // Within the same millisecond they are the same.
    while (later === login) later = await offline(0);
    expect([await seen(), await shown()]).toEqual([later, login]);
    const { users } = await stores.users.list({ callerId: bob, shared: false, search: "Cat", limit: 9, offset: 0 });
    expect(users.find(({ id }) => id === cat)?.last_seen).toBe(login);
  });

  test("users see it of themselves and of people with whom they share a conversation, also of deactivated ones", async () => {
    const [cat, dan, eve] = [await stores.user("Cat"), await stores.user("Dan"), await stores.user("Eve")];
    const id = await stores.conversation([cat, dan, ann]);
    await stores.conversation([dan, eve]);
    const people = [ann, bob, cat, dan, eve, 1_000_000];
    const seen = async (watcher: number) => {
      const visible = await stores.presence.visible(new Map(people.map((id) => [id, people])));
      return [...(visible.get(watcher)?.keys() ?? [])];
    };
    expect((await seen(cat)).sort()).toEqual([ann, cat, dan].sort());
    expect((await seen(ann)).sort()).toEqual([ann, bob, cat, dan].sort());
    await stores.conversations.alter(id, cat, { kind: "remove", userId: ann });
    expect((await seen(cat)).sort()).toEqual([cat, dan].sort());
    await stores.admin.users.change(null, dan, { isActive: false });
    expect((await seen(cat)).sort()).toEqual([cat, dan].sort());
    expect((await seen(eve)).sort()).toEqual([dan, eve].sort());
  });
});
