import { sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";

let lastIso = { ms: Number.NaN, text: "" };

/** ISO 8601 in UTC, ending in `Z`. The messages of a batch have one moment, so the last one is remembered. */
export function iso(ms: number): string {
  if (ms !== lastIso.ms) lastIso = { ms, text: new Date(ms).toISOString() };
  return lastIso.text;
}

/** The SQL of a moment as ms since the epoch, because both drivers read a number alike. */
export function ms(expression: string) {
  return `(extract(epoch FROM ${expression}) * 1000)::double precision`;
}

/** An array as PostgreSQL reads it from text. */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  const elements = values.map((value) => (typeof value === "string" ? quoted(value) : (value ?? "NULL")));
  return `{${elements.join(",")}}`;
}

/** Most texts are ids, in which nothing is escaped. */
const quoted = (text: string) =>
  text.includes('"') || text.includes("\\") ? `"${text.replace(/["\\]/g, "\\$&")}"` : `"${text}"`;

/** PostgreSQL's number of the type text, and of its arrays. */
const TEXT = 25;
export const TEXT_ARRAY = 1009;

/** An array of texts in PostgreSQL's binary format, of which it copies each text. As a literal it reads them letter by letter. */
export function textArrayBytes(texts: readonly string[]): Uint8Array {
  const lengths = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 5 * 4));
  let at = 0;
  // One dimension, no nulls, elements of text, so many of them, the first is number 1.
  for (const word of [1, 0, TEXT, texts.length, 1]) at = bytes.writeInt32BE(word, at);
  for (const [i, text] of texts.entries()) {
    at = bytes.writeInt32BE(lengths[i] ?? 0, at);
    at += bytes.write(text, at);
  }
  return bytes;
}

/** The numbers of an array that was selected as text. */
export const numbersOf = (text: string): number[] => (text === "{}" ? [] : text.slice(1, -1).split(",").map(Number));

/** The ids of an array that was selected as text. */
export const uuidsOf = (text: string): (string | null)[] =>
  text === "{}"
    ? []
    : text
        .slice(1, -1)
        .split(",")
        .map((id) => (id === "NULL" ? null : id));

/** An array as one parameter: thousands of ids would be more parameters than a statement can have. */
export const arrayParam = (values: readonly (string | number)[]) => sql.param(arrayLiteral(values));
/** Texts that may be long, as one parameter of type text[]. */
export const textsParam = (texts: readonly string[]) => sql.param(texts);
export const isOneOf = (column: AnyPgColumn, ids: number[]) => sql`${column} = ANY (${arrayParam(ids)}::integer[])`;
