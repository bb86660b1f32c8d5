import type { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import type { BackupDatabase } from "./tables.ts";

/** What is read is of one moment; what is written sees what others have committed until they were locked out. */
const ISOLATION = { "read only": "repeatable read", "read write": "read committed" };

/** Whatever a role or a database prefers: rows read the same everywhere, and nothing ends a long transaction. */
const SETTINGS = [
  "SET LOCAL timezone = 'UTC'",
  "SET LOCAL statement_timeout = 0",
  "SET LOCAL idle_in_transaction_session_timeout = 0",
  "SET LOCAL lock_timeout = 0",
  "SET LOCAL search_path = public",
];

export function backupOnPostgres(url: string): BackupDatabase {
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    // What is fetched once is planned once.
    prepare: false,
    onnotice: () => {},
    connection: { application_name: "confab backup" },
  });
  return {
    kind: "postgresql",
    async transaction(mode, work) {
      const result = await client.begin(`isolation level ${ISOLATION[mode]} ${mode}`, async (transaction) => {
        for (const setting of SETTINGS) await transaction.unsafe(setting);
        return {
          value: await work(async <Row>(text: string, parameters: readonly (string | number)[] = []) => {
            const rows = await transaction.unsafe(text, [...parameters]);
            // The statement's text says which columns a row has; this is where that promise enters the types.
            return [...rows] as Row[];
          }),
        };
      });
      return result.value;
    },
    close: () => client.end({ timeout: 2 }),
  };
}

export function backupOnPglite(client: PGlite, close: () => Promise<void>): BackupDatabase {
  return {
    kind: "embedded",
    transaction: (mode, work) =>
      client.transaction(async (transaction) => {
        await transaction.exec(`SET TRANSACTION ISOLATION LEVEL ${ISOLATION[mode]}, ${mode}`);
        for (const setting of SETTINGS) await transaction.exec(setting);
        return work(async <Row>(text: string, parameters: readonly (string | number)[] = []) => {
          if (parameters.length > 0) return (await transaction.query<Row>(text, [...parameters])).rows;
          // Without parameters a text may have several statements, as migrations do.
          const results = await transaction.exec(text);
          return (results.at(-1)?.rows ?? []) as Row[];
        });
      }),
    close,
  };
}
