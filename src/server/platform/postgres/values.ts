import { sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";

/** ISO 8601 in UTC, ending in `Z`. */
export const iso = (ms: number) => new Date(ms).toISOString();

/** The SQL of a moment as ms since the epoch, because both drivers read a number alike. */
export function ms(expression: string) {
  return `(extract(epoch FROM ${expression}) * 1000)::double precision`;
}

/** An array as PostgreSQL reads it from text. */
export function arrayLiteral(values: readonly (string | number | null)[]): string {
  const elements = values.map((value) =>
    typeof value === "string" ? `"${value.replace(/["\\]/g, "\\$&")}"` : String(value ?? "NULL"),
  );
  return `{${elements.join(",")}}`;
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
export const isOneOf = (column: AnyPgColumn, ids: number[]) => sql`${column} = ANY (${arrayParam(ids)}::integer[])`;
