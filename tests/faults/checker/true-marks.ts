import type { Ask, Row } from "./cluster.ts";
import { type Extras, extrasOf } from "./extras.ts";
import type { TrueMarks } from "./history.ts";

/** A column of JSON, which drivers give as text or as a value. */
export const jsonOf = (value: unknown) => (typeof value === "string" ? JSON.parse(value) : value);

/** The parts of a message beside its text, from its row. */
export const extrasIn = ({ fields }: Row): Extras | undefined => extrasOf(jsonOf(fields) ?? {});

/** The rows of the tables of marks, of one conversation. */
export async function readMarks(query: Ask, id: string): Promise<TrueMarks> {
  const rows = (table: string, seq = "message_seq") =>
    query(`SELECT *, ${seq} AS seq FROM ${table} WHERE conversation_id = $1`, [id]);
  const place = (row: Row) => ({ seq: Number(row["seq"]), person: Number(row["user_id"]) });
  return {
    reactions: (await rows("reactions")).map((row) => ({ ...place(row), emoji: String(row["emoji"]) })),
    pins: (await rows("pins")).map(place),
    votes: (await rows("votes")).map((row) => ({ ...place(row), option: Number(row["option"]) })),
    mentions: (await rows("mentions", "seq")).map(place),
  };
}

/** The full names of all users. */
export async function readNames(query: Ask): Promise<Map<number, string>> {
  const rows = await query("SELECT id, first_name, last_name FROM users", []);
  return new Map(
    rows.map(({ id, first_name, last_name }) => [Number(id), `${String(first_name)} ${String(last_name)}`.trim()]),
  );
}
