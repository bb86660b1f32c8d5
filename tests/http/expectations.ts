import { expect } from "bun:test";
import type { z } from "zod";
import { user } from "../../src/protocol/users.ts";
import type { Answer } from "../support/client.ts";

/** An error in the contract's envelope; `expected` says what else must hold of its body. */
export function expectError(answer: Answer, status: number, expected: { message?: string; code?: string } = {}) {
  expect({ ...answer.body, http: answer.status }).toMatchObject({ http: status, status: "error", ...expected });
  expect(answer.body.message).toBeString();
  expect(answer.body.code).toMatch(/^[a-z]+(_[a-z]+)*$/);
}

/** 429 as the contract has it; `within` is the longest that may be told to wait. */
export function expectThrottled(answer: Answer, within = 60) {
  const seconds = Number(answer.headers.get("retry-after"));
  expect(seconds).toBeWithin(1, within + 1);
  const unit = seconds === 1 ? "second" : "seconds";
  const message = `Request was throttled. Expected available in ${seconds} ${unit}.`;
  expectError(answer, 429, { message, code: "throttled" });
  expect(answer.body).toEqual({ status: "error", message, code: "throttled" });
}

/** Refused by validation, with texts for exactly these fields. */
export function expectFaults(answer: Answer, ...fields: string[]) {
  expectError(answer, 400, { message: "Validation failed", code: "validation_failed" });
  expect(Object.keys(answer.body.errors).sort()).toEqual([...fields].sort());
  for (const texts of Object.values<unknown[]>(answer.body.errors)) {
    expect(texts.length).toBeGreaterThan(0);
    for (const text of texts) expect(text).toBeString();
  }
}

/** A success in the contract's envelope; returns its data. */
export function dataOf(answer: Answer, status = 200, message?: string) {
  expect({ ...answer.body, http: answer.status }).toMatchObject({
    http: status,
    status: "success",
    ...(message === undefined ? {} : { message }),
  });
  return answer.body.data;
}

export function expectShape(schema: z.ZodType, value: unknown) {
  expect(schema.safeParse(value).error?.issues).toBeUndefined();
}

/** A user as everybody may see them, with no field more. */
export function expectUser(value: unknown) {
  expectShape(user.strict(), value);
}

export const ids = (rows: { id: unknown }[]) => rows.map((row) => row.id);

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

export const UNKNOWN_ID = "00000000-0000-4000-8000-000000000000";

/** For `test.each`, one value a test, also when it is a list or `undefined`. */
export const rows = <T>(values: T[]): [T][] => values.map((value) => [value]);
