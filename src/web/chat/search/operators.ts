import { type Operator, parseQuery } from "../../../text/search-query.ts";

/** The operators that the page writes. */
export type OperatorName = Operator["name"];

/** Writes an operator. A value with a gap stands in quotes. */
const written = (name: OperatorName, value: string): string =>
  /^[^\s"]+$/.test(value) ? `${name}:${value}` : `${name}:"${value.replaceAll('"', "")}"`;

/** Puts an operator behind the query. Dates replace those of their kind. */
export function withOperator(query: string, name: OperatorName, value: string): string {
  const isOnly = name === "before" || name === "after";
  const others = isOnly ? withoutAll(query, name) : query;
  const operator = written(name, value);
  if (others.split(/\s+/).includes(operator)) return others;
  return `${others.trimEnd()} ${operator} `.trimStart();
}

/** Takes out one operator, with the gap behind it. */
export function withoutOperator(query: string, { start, end }: Pick<Operator, "start" | "end">): string {
  const [head, tail] = [query.slice(0, start).trimEnd(), query.slice(end).trimStart()];
  return [head, tail].filter(Boolean).join(" ");
}

function withoutAll(query: string, name: OperatorName): string {
  const found = parseQuery(query).operators.find((operator) => operator.name === name);
  return found ? withoutAll(withoutOperator(query, found), name) : query;
}

/** The words without the operators, for a search of names. */
export function wordsOf(query: string): string {
  const { operators } = parseQuery(query);
  return operators.toReversed().reduce(withoutOperator, query).trim();
}
