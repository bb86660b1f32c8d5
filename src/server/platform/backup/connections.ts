import type { PGlite } from "@electric-sql/pglite";
import postgres from "postgres";
import { examineDatabase } from "../postgres/examine.ts";
import { NO_LIMITS, sessionPrelude } from "../postgres/session.ts";
import type { BackupDatabase } from "./tables.ts";

/** A read sees one moment. A write sees everything that others have committed before it locks them out. */
const ISOLATION = { "read only": "repeatable read", "read write": "read committed" };

const APPLICATION = "confab backup";

/** @throws an error whose text says what to do, when Confab can't use the database */
export async function backupOnPostgres(url: string): Promise<BackupDatabase> {
  // Warnings are for servers only.
  const schema = await examineDatabase(url, () => {});
  const client = postgres(url, {
    max: 1,
    connect_timeout: 5,
    fetch_types: false,
    // Each statement runs once, so preparing it would be wasted.
    prepare: false,
    onnotice: () => {},
    connection: { application_name: APPLICATION },
    prelude: sessionPrelude(schema, { application_name: APPLICATION, ...NO_LIMITS }),
  });
  return {
    kind: "postgresql",
    async transaction(mode, work) {
      const result = await client.begin(`isolation level ${ISOLATION[mode]} ${mode}`, async (transaction) => {
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
        await transaction.exec("SET LOCAL timezone = 'UTC'");
        return work(async <Row>(text: string, parameters: readonly (string | number)[] = []) => {
          if (parameters.length > 0) return (await transaction.query<Row>(text, [...parameters])).rows;
          // Without parameters a text can have several statements.
          const results = await transaction.exec(text);
          return (results.at(-1)?.rows ?? []) as Row[];
        });
      }),
    close,
  };
}
