import { join } from "node:path";
import pino from "pino";
import { z } from "zod";
import type { User } from "../../src/protocol/users.ts";
import { NO_SECURITY_LOG } from "../../src/server/base/security-log.ts";
import { InProcessExchange } from "../../src/server/bus/memory-bus.ts";
import { readConfig } from "../../src/server/config.ts";
import { Sessions } from "../../src/server/features/accounts/sessions.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { storesOn } from "../../src/server/node/stores.ts";
import { Database } from "../../src/server/platform/postgres/database.ts";
import type { Client } from "../support/client.ts";
import { isOfAnotherRelease } from "../support/documents.ts";
import { spawnServer } from "../support/process.ts";

/** One place in a room. */
export interface Member {
  cookie: string;
}

export interface Room {
  id: string;
  members: Member[];
}

/** The people and their conversations, before the server starts. */
export interface World {
  /** 500 pairs of 500 people. */
  pairs: Room[];
  /** All of them. */
  group: Room;
}

const PEOPLE = 500;
/** Nobody logs in with it. */
const NO_PASSWORD = "none";

/** Makes the people with their logins and conversations in the database of these settings, which no server has open. */
export async function makeWorld(environment: Record<string, string>): Promise<World> {
  const logger = pino({ level: "silent" });
  const driver = await openDriver(readConfig(environment), logger);
  try {
    await driver.migrate(true);
    const stores = storesOn(new Database(driver));
    const bus = new InProcessExchange().connect();
    const sessions = new Sessions(stores.sessions, bus, await stores.sessions.secret("session"), NO_SECURITY_LOG, {
      maxPerUser: 50,
    });
    const people = await inParallel(PEOPLE, async (n) => {
      const user = await stores.users.create({
        email: `person${n}@example.com`,
        firstName: "Somebody",
        lastName: "Else",
        passwordHash: NO_PASSWORD,
        isSuperuser: false,
      });
      if (!user) throw new Error("the database is not empty");
      const from = { address: "127.0.0.1", network: "127.0.0.1", client: "benchmark" };
      const token = await sessions.start({ user, passwordHash: NO_PASSWORD }, from);
      return { user, cookie: `sessionid=${token}` };
    });
    const room = async (members: { user: User; cookie: string }[]): Promise<Room> => {
      const participantIds = members.map(({ user }) => user.id);
      const [ownerId = 0] = participantIds;
      const name = members.length > 2 ? "Everybody" : null;
      const id = Bun.randomUUIDv7();
      const { conversation } = await stores.conversations.create({ id, ownerId, participantIds, name });
      return { id: conversation?.id ?? id, members: members.map(({ cookie }) => ({ cookie })) };
    };
    const group = await room(people);
    const pairs = await inParallel(PEOPLE, (n) => room([...people, ...people].slice(n, n + 2)));
    return { pairs, group };
  } finally {
    await driver.close();
  }
}

/** The same for the bare server, which believes everything: a cookie is a number. */
export function bareWorld(): World {
  const people = Array.from({ length: PEOPLE }, (_, n) => ({ cookie: `sessionid=${n}` }));
  const pair = (n: number) => ({ id: Bun.randomUUIDv7(), members: [...people, ...people].slice(n, n + 2) });
  return { pairs: people.map((_, n) => pair(n)), group: { id: Bun.randomUUIDv7(), members: people } };
}

const madeWorld = z.object({
  makeWorld: z.function({ input: [z.record(z.string(), z.string())], output: z.promise(z.custom<World>()) }),
});

/** The same, made by another checkout of Confab with the tables that it knows. */
export async function worldMadeBy(checkout: string, environment: Record<string, string>): Promise<World> {
  const made: unknown = await import(join(checkout, "tests/bench/people.ts"));
  return madeWorld.parse(made).makeWorld(environment);
}

/** The same, made through the interface that every release has, on a server that runs only meanwhile. */
export async function worldOverHttp(program: string[], environment: Record<string, string>): Promise<World> {
  const server = await spawnServer(environment, { program });
  try {
    isOfAnotherRelease(server.url);
    const people = await inParallel(PEOPLE, () => server.visitor().signUp());
    const [owner, ...others] = people;
    if (!owner) throw new Error("nobody could be registered");
    const room = ({ id }: { id: string }, members: Client[]): Room => ({
      id,
      members: members.map(({ cookie }) => ({ cookie: `sessionid=${cookie}` })),
    });
    const pair = async (n: number) => {
      const [one, two] = [...people, ...people].slice(n, n + 2);
      if (!one || !two) throw new Error("a pair has two people");
      return room(await one.conversation([two]), [one, two]);
    };
    const group = room(await owner.conversation(others, "Everybody"), people);
    return { group, pairs: await inParallel(PEOPLE, pair) };
  } finally {
    server.kill("SIGTERM");
    await server.exited;
  }
}

async function inParallel<T>(count: number, make: (n: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  let next = 0;
  const lane = async () => {
    for (let n = next++; n < count; n = next++) made[n] = await make(n);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  return made;
}
