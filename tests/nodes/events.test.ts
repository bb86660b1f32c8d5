import { expect, test } from "bun:test";
import pino from "pino";
import { routeEvents } from "../../src/server/node/events.ts";

test("an event of a newer release is ignored, without an error in the log", () => {
  const log: string[] = [];
  const logger = pino({ level: "error" }, { write: (line: string) => void log.push(line) });
  const route = routeEvents({ logger } as unknown as Parameters<typeof routeEvents>[0]);
  route(JSON.parse('{ "kind": "of_a_newer_release" }'));
  expect(log).toEqual([]);
});
