import { afterAll, beforeAll, expect, test } from "bun:test";
import pino from "pino";
import { OwnTurns } from "../../src/server/base/own-turns.ts";
import { InProcessExchange } from "../../src/server/bus/memory-bus.ts";
import { Reach } from "../../src/server/features/conversations/reach.ts";
import { Conversations } from "../../src/server/features/conversations/service.ts";
import type { Announcer } from "../../src/server/log/announcer.ts";
import { inEachDatabase } from "../support/modes.ts";
import { openTestStores, type TestStores } from "../support/stores.ts";

inEachDatabase("the server's settings in the database", (mode) => {
  let stores: TestStores;
  let root: number;
  beforeAll(async () => {
    stores = await openTestStores(mode);
    root = await stores.user("Root");
    await stores.query("UPDATE users SET is_superuser = true WHERE id = $1", [root]);
  });
  afterAll(() => stores.close());

  const by = () => ({ userId: root, address: "192.0.2.1", network: "192.0.2.1" });

  test("a value of a later release, or a broken one, counts as not chosen", async () => {
    await stores.settings.change(by(), { name: "Team", color: "#0000ff", registration: "invite" });
    await stores.query(`UPDATE server_settings SET value = '"by_lottery"' WHERE name = 'registration'`, []);
    await stores.query(`UPDATE server_settings SET value = '"red}*{display:none"' WHERE name = 'color'`, []);
    await stores.query(`INSERT INTO server_settings (name, value) VALUES ('later', '{"a": 1}')`, []);
    expect(await stores.settings.read()).toEqual({
      name: "Team",
      color: null,
      registration: "open",
      defaultConversationId: null,
    });
  });

  test("only an active superuser changes them", async () => {
    const ann = await stores.user("Ann");
    const change = stores.settings.change({ userId: ann, address: "", network: "" }, { name: "Mine" });
    await expect(change).rejects.toThrow("Not found");
    expect((await stores.settings.read()).name).toBe("Team");
  });

  test("a new account joins the group for everybody once, and not after it was removed from there", async () => {
    const announcer: Pick<Announcer, "announce" | "doubt"> = {
      announce: () => {},
      doubt: (_id: string, error: unknown) => {
        throw error;
      },
    };
    const conversations = new Conversations({
      store: stores.conversations,
      memberships: stores.memberships,
      me: stores.me,
      requests: stores.requests,
      reach: new Reach(stores.conversations, new OwnTurns(), { directory: "all" }),
      announcer: announcer as Announcer,
      bus: new InProcessExchange().connect(),
      turns: new OwnTurns(),
      logger: pino({ level: "silent" }),
      maxParticipants: 10,
    });
    const [eve, dan] = [await stores.user("Eve"), await stores.user("Dan")];
    const id = await stores.conversation([root, await stores.user(), await stores.user()]);
    const isIn = async (userId: number) => (await stores.memberships.membership(id, userId)) === "participant";
    await conversations.admit(id, eve);
    await conversations.admit(id, eve);
    expect(await isIn(eve)).toBe(true);
    expect((await stores.log.head(id))?.lastVersion).toBe(1);
    await stores.query("INSERT INTO removals (conversation_id, user_id, removed_by) VALUES ($1, $2, $3)", [
      id,
      dan,
      root,
    ]);
    await conversations.admit(id, dan);
    expect(await isIn(dan)).toBe(false);
    const direct = await stores.conversation([root, eve]);
    await expect(conversations.admit(direct, dan)).rejects.toThrow("Only groups");
    await expect(conversations.admit(crypto.randomUUID(), dan)).rejects.toThrow("Conversation not found");
  });
});
