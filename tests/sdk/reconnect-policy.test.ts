import { afterEach, expect, spyOn, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_TIMING, reconnectDelay, retryDelay } from "../../src/sdk/transport/reconnect-policy.ts";

const read = (path: string) => readFileSync(join(import.meta.dir, "../..", path), "utf8");
const chance = (value: number) => spyOn(Math, "random").mockReturnValue(value);
afterEach(() => void chance(0).mockRestore());

test("a reconnect delay doubles with each attempt, up to the longest", () => {
  chance(1);
  const delays = [0, 1, 2, 10].map((attempt) => reconnectDelay(attempt, 1_000, 30_000));
  expect(delays).toEqual([1_000, 2_000, 4_000, 30_000]);
  // At random from 0, so that clients don't come back together.
  chance(0);
  expect(reconnectDelay(3, 1_000, 30_000)).toBe(0);
});

test("a retry delay doubles up to 15 s, and is at least half of that", () => {
  const delays = () => [0, 1, 2, 10].map(retryDelay);
  chance(1);
  expect(delays()).toEqual([500, 1_000, 2_000, 15_000]);
  chance(0);
  expect(delays()).toEqual([250, 500, 1_000, 7_500]);
});

test("the documented times are those of the policy", () => {
  const [, timing = ""] = read("src/sdk/public/client.ts").split("export interface Timing");
  const documented = [...timing.matchAll(/Default: (\d+) s\.[^;]*?(\w+): number;/g)];
  expect(Object.fromEntries(documented.map(([, seconds, name]) => [name, Number(seconds) * 1_000]))).toEqual({
    ...DEFAULT_TIMING,
  });
  const { pingAfter, answerWithin, backoff, backoffMax } = DEFAULT_TIMING;
  const guide = read("docs/sdk.md");
  expect(guide).toContain(
    `Pings after ${pingAfter / 1_000} s of silence, and gives up ${answerWithin / 1_000} s later`,
  );
  expect(guide).toContain(`up to ${backoff / 1_000} s or the server's`);
  expect(guide).toContain(`doubled each time up to ${backoffMax / 1_000} s`);
});
