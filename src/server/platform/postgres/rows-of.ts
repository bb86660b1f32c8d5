import type { SQL } from "drizzle-orm";
import type { Transaction } from "./database.ts";

/** Runs a hand-written statement in a transaction and returns its rows. The two drivers wrap rows differently. */
export async function rowsOf<Row>(tx: Transaction, statement: SQL): Promise<Row[]> {
  const result: unknown = await tx.execute(statement);
  return Array.isArray(result) ? result : (result as { rows: Row[] }).rows;
}
