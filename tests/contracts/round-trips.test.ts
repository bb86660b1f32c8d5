import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { SQL_FUNCTIONS } from "../../src/server/node/sql-functions.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { openPostgres } from "../../src/server/platform/postgres/connection.ts";
import { Database, type Driver } from "../../src/server/platform/postgres/database.ts";
import { DEFAULT_SCHEMA } from "../../src/server/platform/postgres/examine.ts";
import { Migrations } from "../../src/server/platform/postgres/migrations.ts";
import { modes } from "../support/modes.ts";
import { sharedPostgres } from "../support/postgres.ts";
import { startProxy, type TcpProxy } from "../support/proxy.ts";

/** The first call of a statement on a connection prepares it, which takes another round trip. */
const WARM_UP = 2;

describe.skipIf(!modes.includes("postgres"))("the round trips to PostgreSQL", () => {
  let network: TcpProxy;
  let driver: Driver;
  let stores: ReturnType<typeof storesOn>;
  let ann: number;
  let others: number[];
  let group: string;

  beforeAll(async () => {
    const url = new URL(await (await sharedPostgres()).createDatabase());
    network = await startProxy(Number(url.port));
    url.port = String(network.port);
    const migrations = new Migrations(SQL_FUNCTIONS);
    driver = openPostgres({ url: url.href, poolSize: 1, schema: DEFAULT_SCHEMA, migrations });
    await driver.migrate(true);
    stores = storesOn(new Database(driver));
    const user = async (name: string) => {
      const email = `${name}@example.com`;
      const fields = { email, firstName: name, lastName: "Body", passwordHash: "none", isSuperuser: false };
      return (await stores.users.create(fields))?.id ?? 0;
    };
    [ann = 0, ...others] = [await user("ann"), await user("bob"), await user("cid"), await user("dan")];
    group = Bun.randomUUIDv7();
    const [bob = 0] = others;
    await stores.conversations.create({
      id: group,
      ownerId: ann,
      participantIds: [ann, bob],
      name: null,
      isGroup: true,
    });
  });
  afterAll(async () => {
    await driver.close();
    await network.stop();
  });

  /** How many one call takes when its statements are prepared. */
  async function roundTripsOf(call: (turn: number) => Promise<unknown>): Promise<number> {
    for (let turn = 0; turn < WARM_UP; turn++) await call(turn);
    const before = network.roundTrips;
    await call(WARM_UP);
    return network.roundTrips - before;
  }

  test("of a change of members, a name or a picture are one", async () => {
    const [, cid = 0, dan = 0] = others;
    const alter = stores.conversations.alter.bind(stores.conversations, group, ann);
    const picture = () => Bun.randomUUIDv7();
    expect({
      rename: await roundTripsOf((turn) => alter({ kind: "rename", name: `Name ${turn}` })),
      picture: await roundTripsOf(() => alter({ kind: "picture", picture: picture() })),
      addAndRemove: await roundTripsOf(async () => {
        await alter({ kind: "add", userIds: [cid, dan], max: 10 });
        await alter({ kind: "remove", userId: cid });
        await alter({ kind: "remove", userId: dan });
      }),
    }).toEqual({ rename: 1, picture: 1, addAndRemove: 3 });
  });

  test("of a send are one, and so are those of ten at once", async () => {
    const send = () => {
      const [id, clientId] = [Bun.randomUUIDv7(), crypto.randomUUID()];
      return stores.log.append({ id, conversationId: group, senderId: ann, content: "Hello", clientId });
    };
    const ten = () => Promise.all(Array.from({ length: 10 }, send));
    expect({ one: await roundTripsOf(send), ten: await roundTripsOf(ten) }).toEqual({ one: 1, ten: 1 });
  });

  test("of a resend are two, and of the sends after resends one, as they skip the short way", async () => {
    const send = (clientId: string) =>
      stores.log.append({ id: Bun.randomUUIDv7(), conversationId: group, senderId: ann, content: "Hello", clientId });
    // Prepares both ways, and ends with one that takes the short way.
    for (const clientId of ["sent", "sent", "another", "a third"]) await send(clientId);
    const taken: number[] = [];
    for (let n = 0; n < 7; n++) {
      const before = network.roundTrips;
      await send("sent");
      taken.push(network.roundTrips - before);
    }
    expect(taken).toEqual([2, 1, 2, 1, 1, 1, 2]);
  });

  test("of an edit are one", async () => {
    const sent = await stores.log.append({
      id: Bun.randomUUIDv7(),
      conversationId: group,
      senderId: ann,
      content: "first",
      clientId: undefined,
    });
    expect(await roundTripsOf((turn) => stores.log.amend(group, ann, sent.message.id, `edit ${turn}`))).toBe(1);
  });
});
