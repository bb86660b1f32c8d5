import pino from "pino";
import { readConfig } from "../../src/server/config.ts";
import type { Alteration, Altered } from "../../src/server/features/members/alteration.ts";
import type { Draft } from "../../src/server/log/append.ts";
import { HistoryStore } from "../../src/server/log/history-store.ts";
import { openDriver } from "../../src/server/node/drivers.ts";
import { type Stores, storesOn } from "../../src/server/node/stores.ts";
import { Database, type Query } from "../../src/server/platform/postgres/database.ts";
import { type Mode, makePlace } from "./modes.ts";

/** The stores of one mode on a database of their own, without a server. */
export interface TestStores extends Stores {
  database: Database;
  query: Query;
  history: HistoryStore;
  databaseUrl: string | undefined;
  /** As another node has them, on the same database. */
  beside(): Stores;
  /** The same database, of which one statement reads so many rows at most. */
  inPieces(rows: number): Database;
  /** A new user's id. */
  user(firstName?: string): Promise<number>;
  /** Alters a group. Rejects when the outcome is another one than `done`. */
  altered(conversationId: string, actorId: number, alteration: Alteration): Promise<Altered>;
  /** A new conversation's id. */
  conversation(userIds: number[]): Promise<string>;
  draft(conversationId: string, senderId: number, content: string, clientId?: string): Draft;
  close(): Promise<void>;
}

let made = 0;

export async function openTestStores(mode: Mode): Promise<TestStores> {
  const place = await makePlace(mode);
  const driver = await openDriver(readConfig(place.environment), pino({ level: "silent" }));
  await driver.migrate(true);
  const database = new Database(driver);
  const stores = storesOn(database);
  return {
    ...stores,
    database,
    query: driver.query,
    history: new HistoryStore((work) => work(driver.query)),
    beside: () => storesOn(new Database(driver)),
    databaseUrl: place.environment["DATABASE_URL"],
    inPieces: (pieceRows) => new Database({ ...driver, pieceRows }),
    async user(firstName = "Some") {
      const email = `store${++made}@example.com`;
      const user = await stores.users.create({
        email,
        firstName,
        lastName: "Body",
        passwordHash: "none",
        isSuperuser: false,
      });
      if (!user) throw new Error("the e-mail is taken");
      return user.id;
    },
    async altered(...alteration) {
      const outcome = await stores.conversations.alter(...alteration);
      if (outcome.kind !== "done") throw new Error(`the group is not altered: ${outcome.kind}`);
      return outcome;
    },
    async conversation(participantIds) {
      const [ownerId] = participantIds;
      if (ownerId === undefined) throw new Error("nobody takes part");
      const id = Bun.randomUUIDv7();
      const { conversation } = await stores.conversations.create({ id, ownerId, participantIds, name: null });
      if (!conversation) throw new Error("somebody must be asked");
      return conversation.id;
    },
    draft: (conversationId, senderId, content, clientId) => ({
      id: Bun.randomUUIDv7(),
      conversationId,
      senderId,
      content,
      clientId,
    }),
    async close() {
      await driver.close();
      place.remove();
    },
  };
}
