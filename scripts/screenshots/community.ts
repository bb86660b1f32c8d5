import postgres, { type Sql } from "postgres";
import { type Client, PASSWORD } from "../../tests/support/client.ts";
import { startTestServer, type TestServer } from "../../tests/support/server.ts";
import type { Socket } from "../../tests/support/socket.ts";
import { type Name, ONLINE, PEOPLE, TALKS, type Talk, type TalkName } from "./people.ts";

/** The hour in the pictures: early afternoon. */
const HOUR = 14;
const MINUTE_MS = 60_000;

/** How many hours the clock of Maya is ahead of UTC. It is chosen so that it is afternoon for her at any time of day. */
const ahead = ((HOUR - new Date().getUTCHours() + 35) % 24) - 11;
/** The name of the time zone of Maya. These names have the opposite sign. */
export const timezoneId = `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;

/** A server with conversations of some days. */
export interface Community {
  server: TestServer;
  people: Record<Name, Client>;
  /** The ids of the conversations. */
  talks: Record<TalkName, string>;
  /** The open sockets of the people who are online. */
  sockets: Partial<Record<Name, Socket>>;
  /** The draft of Maya to Rahul: its key and its text in the storage of the browser. */
  draft: readonly [key: string, text: string];
  /** Marks messages that earlier pictures have read as unread again. */
  unread(): Promise<void>;
  stop(): Promise<void>;
}

export async function settle(): Promise<Community> {
  const server = await startTestServer("postgres");
  const sql = postgres(server.environment["DATABASE_URL"] ?? "", { max: 1, onnotice: () => {} });
  const joined: Partial<Record<Name, Client>> = {};
  // People register one at a time, because their colours follow from the order of their ids.
  for (const name of Object.keys(PEOPLE) as Name[]) joined[name] = await register(server, name);
  const people = joined as Record<Name, Client>;
  const talks: Partial<Record<TalkName, string>> = {};
  for (const [name, talk] of Object.entries(TALKS)) talks[name as TalkName] = await hold(people, talk, sql);
  const sockets: Partial<Record<Name, Socket>> = {};
  for (const name of ONLINE) sockets[name] = await people[name].hub();
  const ids = talks as Record<TalkName, string>;
  return {
    server,
    people,
    talks: ids,
    sockets,
    draft: [`confab.draft.${people.maya.id}.${ids.rahul}`, "Do you have time for the"],
    async unread() {
      for (const [name, { unread = 0 }] of Object.entries<Talk>(TALKS))
        await sql`UPDATE participants SET read_seq = last_seq - ${unread} FROM conversations c
          WHERE c.id = conversation_id AND c.id = ${ids[name as TalkName]} AND user_id = ${people.maya.id}`;
    },
    async stop() {
      for (const socket of Object.values(sockets)) socket.raw.close();
      await sql.end();
      await server.stop();
    },
  };
}

/** Creates an account for this person and signs in. With `first` the person becomes the admin of a new server. */
export async function register(server: TestServer, name: Name, entrance: { first?: true } = {}): Promise<Client> {
  const [first_name, last_name] = PEOPLE[name];
  const client = server.visitor();
  const email = `${name}@example.com`;
  const body = { email, first_name, last_name, password: PASSWORD, password_confirm: PASSWORD, ...entrance };
  const { status, text } = await client.post("/api/users/register/", body, { Origin: server.url });
  if (status !== 201) throw new Error(`register: ${text}`);
  return client.logIn(email);
}

/** Creates the conversation with all its messages. Only SQL can date messages in the past. */
async function hold(people: Record<Name, Client>, talk: Talk, sql: Sql): Promise<string> {
  const { id } = await people.maya.conversation(
    talk.with.map((name) => people[name]),
    talk.name,
  );
  const rows = talk.lines.map(([who, daysAgo, clock, content, then], index) => ({
    conversation_id: id,
    seq: index + 1,
    version: index + 1,
    id: crypto.randomUUID(),
    sender_id: people[who].id,
    sender_name: people[who].user?.full_name ?? "",
    sender_email: people[who].user?.email ?? "",
    content: then === "edited" ? content.slice(0, -1) : content,
    created_at: momentOf(daysAgo, clock),
  }));
  const last = rows.at(-1);
  if (!last) throw new Error("a conversation has no messages");
  await sql`INSERT INTO messages ${sql(rows)}`;
  await sql`UPDATE conversations SET last_seq = ${last.seq}, last_version = ${last.version},
    oldest_at = ${rows[0]?.created_at ?? null}, updated_at = ${last.created_at} WHERE id = ${id}`;
  await sql`UPDATE participants SET read_seq = ${last.seq} WHERE conversation_id = ${id}`;
  for (const [index, [who, , , content, then]] of talk.lines.entries()) {
    const path = `/api/chat/conversations/${id}/messages/${rows[index]?.id}/`;
    if (then === "edited") await people[who].patch(path, { content });
    if (then === "deleted") await people[who].delete(path);
  }
  return id;
}

/** @param clock the time on the clock of Maya: `14:05` */
function momentOf(daysAgo: number, clock: string): Date {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  const there = new Date(Date.now() + ahead * 60 * MINUTE_MS);
  const midnight = Date.UTC(there.getUTCFullYear(), there.getUTCMonth(), there.getUTCDate() - daysAgo);
  return new Date(midnight + ((hours - ahead) * 60 + minutes) * MINUTE_MS);
}
