import { sql } from "drizzle-orm";
import { bigint, timestamp } from "drizzle-orm/pg-core";

/** Milliseconds, as in JavaScript's dates and on the wire: what is read equals what was written. */
export const moment = (name: string) => timestamp(name, { withTimezone: true, precision: 3 });
export const counter = (name: string) => bigint(name, { mode: "number" });

/** The expression that `confab_found_users` and `confab_found_conversations` search in. Their statements have the same. */
export const searchable = (folded: string) => sql.raw(`confab_grams(${folded})`);
