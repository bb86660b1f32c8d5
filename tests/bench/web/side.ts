import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterAllFiles } from "../../support/cleanup.ts";
import type { Client } from "../../support/client.ts";
import { sharedPostgres } from "../../support/postgres.ts";
import { spawnServer } from "../../support/process.ts";
import { mainOf } from "../checkout.ts";
import { Seeder } from "../growth/seed.ts";

/** A server of a checkout with somebody's conversations. */
export interface Side {
  name: string;
  url: string;
  ann: Client;
  /** The conversation that is measured. */
  id: string;
  /** The text of its newest message begins with this. */
  newest: string;
  /** Conversations with a few messages. */
  others: string[];
}

const GROUPS = 40;
/** Messages of each of them. */
const MESSAGES = 60;

/** @param total the messages of the conversation that is measured */
export async function startSide(name: string, checkout: string, total: number): Promise<Side> {
  const folder = mkdtempSync(join(tmpdir(), "confab-page-"));
  afterAllFiles(() => rmSync(folder, { recursive: true, force: true }));
  const DATABASE_URL = await (await sharedPostgres()).createDatabase();
  const environment = {
    DATABASE_URL,
    DATA_DIR: join(folder, "data"),
    STATE_DIR: join(folder, "state"),
    LOG_DIR: folder,
  };
  const server = await spawnServer(environment, { program: [process.execPath, "--no-env-file", mainOf(checkout)] });
  afterAllFiles(async () => {
    server.kill("SIGTERM");
    await server.exited;
  });
  const person = (firstName: string) => server.visitor().signUp(firstName);
  const [ann, bob] = [await person("Ann"), await person("Bob")];
  const crowd = [await person("Carl"), await person("Dora"), await person("Emil")].map(({ id }) => id);
  const { id } = await ann.conversation([bob]);
  const sql = postgres(DATABASE_URL, { max: 1, onnotice: () => {} });
  const seeder = await Seeder.on(sql);
  await seeder.groups(GROUPS, [ann.id], crowd, MESSAGES);
  await seeder.messages(id, bob.id, total);
  await sql`UPDATE messages SET content = repeat(content || ' ', 1 + (seq * 7 % 5)::int),
    created_at = now() - (${total} - seq) * interval '5 minutes' WHERE conversation_id = ${id}`;
  await sql`UPDATE participants p SET read_seq = c.last_seq FROM conversations c WHERE c.id = p.conversation_id`;
  const rows = await sql<{ id: string }[]>`SELECT id FROM conversations WHERE is_group ORDER BY updated_at DESC`;
  await sql.end();
  // The server bundles the page when it is first asked for it.
  await fetch(server.url);
  return { name, url: server.url, ann, id, newest: `Message number ${total},`, others: rows.map((row) => row.id) };
}
